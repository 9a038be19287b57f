"""What `supply-chain init` writes: which files fit a repository, and what stands in them.

    pin       which commit of this project another repository may call
    fill      a template of `templates/starters/`, with that commit in it
    settings  supply-chain.yml
    updates   the settings of Dependabot or Renovate
    hooks     the entry in .pre-commit-config.yaml
    sessions  the lines in noxfile.py
    propose   which of them a repository gets
    change    what that does to the files on disk, as a diff and then for good

Everything but `change` is pure: from what was discovered, and what stands there today, to texts.
"""
