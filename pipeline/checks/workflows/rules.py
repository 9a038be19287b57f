"""The rules of the workflows check: zizmor's, under zizmor's names, and our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.checks.job import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

_RULES = {
    # -------------------------------------------------------------------------------- our own
    "denied-action": (
        "An action or image is known to have carried an attacker's code",
        "Pinning keeps code from changing; this very code stole secrets from those who ran it.",
        "replace it, and replace every secret that the job could read",
    ),
    "untrusted-checkout": (
        "A privileged job fetches the code of a stranger's change",
        "What is fetched may be run by the next step, with the repository's token and secrets.",
        "use `pull_request`, or treat what is fetched as data in a job without rights",
    ),
    "version-comment": (
        "A commit is pinned without saying which version it is",
        "Nobody can review forty digits, and update bots keep the version in the comment.",
        "write the version behind the commit: `# v1.2.3`",
    ),
    "swallowed-gate": (
        "A security gate cannot fail",
        "A scan whose failure is ignored is green whatever it finds.",
        "let its failure fail the job, and record accepted findings as waivers",
    ),
    "plain-secret": (
        "A variable holds a secret in plain text",
        "Whoever reads the repository, or any copy or log of it, has the secret.",
        "replace the secret, and take the new one from the CI system's secret store",
    ),
    "unpinned-include": (
        "CI configuration is taken from elsewhere without a full commit",
        "Whoever may change it there decides what runs here, with this project's secrets.",
        "name a full commit, or an integrity hash for what comes from a URL",
    ),
    "piped-script": (
        "A download is handed to a shell and never checked",
        "The server, and whoever gets hold of it, decides what runs in this job.",
        "download a fixed version, check its digest, then run it",
    ),
    # ------------------------------------------------------------------------ shared with zizmor
    "unpinned-images": (
        "A container image is not pinned by its digest",
        "A tag can be moved to another image; a digest cannot.",
        "name the image by its digest: `name:tag@sha256:…`",
    ),
    "cache-poisoning": (
        "A job that publishes uses a cache",
        "What another run left in the cache ends up in what is released.",
        "build releases without caches",
    ),
    "self-hosted-runner": (
        "A job runs on a machine of the project's own",
        "Such machines keep state between jobs; in a public repository strangers can reach them.",
        "use hosted runners for what strangers can start, or machines that live for one job",
    ),
    # --------------------------------------------------------------------------------- zizmor's
    "adhoc-packages": (
        "Packages are installed outside of any lock",
        "What is installed by name alone is another thing tomorrow.",
        "install from a lock with hashes",
    ),
    "anonymous-definition": (
        "A workflow, job or action has no name",
        "Reviewers and required checks know it by its name.",
        "give it a `name`",
    ),
    "archived-uses": (
        "An action is no longer maintained",
        "An archived repository gets no fixes.",
        "replace the action by one that is maintained",
    ),
    "artipacked": (
        "Credentials stay in the checkout",
        "Every later step can read them, and an artifact may carry them away.",
        "set `persist-credentials: false` on the checkout",
    ),
    "bot-conditions": (
        "A condition trusts a name that others can take",
        "`github.actor` is whoever acted last, not whoever wrote the change.",
        "compare the author of the event instead",
    ),
    "concurrency-limits": (
        "Runs of a workflow are not limited",
        "Old runs go on beside new ones, and may overwrite their results.",
        "set `concurrency` with `cancel-in-progress`",
    ),
    "dangerous-triggers": (
        "A trigger gives strangers a run with rights",
        "`pull_request_target` and `workflow_run` run with the repository's secrets.",
        "use `pull_request`, and move what needs rights to a job that takes only data",
    ),
    "dependabot-cooldown": (
        "Updates are proposed the moment they are released",
        "Malicious releases are mostly found within days.",
        "set `cooldown` with at least seven `default-days`",
    ),
    "dependabot-execution": (
        "Dependabot may run code from outside",
        "`insecure-external-code-execution` lets a manifest run code with registry credentials.",
        "set it to `deny`",
    ),
    "excessive-permissions": (
        "A token has more rights than its job needs",
        "Whatever goes wrong in the job can do all that the token may.",
        "set `permissions: {}` at the top, and per job what it needs",
    ),
    "forbidden-uses": (
        "An action is not allowed here",
        "A policy names the actions that may be used.",
        "use an allowed action",
    ),
    "github-app": (
        "A token of a GitHub App is made with more rights than needed",
        "By default it may do all that the App may, in all of its repositories.",
        "name repositories and permissions when the token is made",
    ),
    "github-env": (
        "Outside text may reach the environment of later steps",
        "A line written to GITHUB_ENV or GITHUB_PATH decides what later steps run.",
        "write outputs instead, and never text from outside",
    ),
    "hardcoded-container-credentials": (
        "A container registry's password is written out",
        "Whoever reads the repository has it.",
        "replace it, and take the new one from the secrets",
    ),
    "insecure-commands": (
        "Withdrawn workflow commands are allowed again",
        "They let any printed line set the environment of later steps.",
        "remove ACTIONS_ALLOW_UNSECURE_COMMANDS",
    ),
    "insecure-url-scheme": (
        "Something is fetched without encryption",
        "Whoever is on the way can replace it.",
        "use https",
    ),
    "misfeature": (
        "A feature is used that does more harm than good",
        "It makes the workflow hard to analyse, or less safe.",
        "replace it as zizmor's page on it says",
    ),
    "obfuscation": (
        "Something is written so that it is hard to see",
        "Checks and reviewers are led past it.",
        "write it plainly",
    ),
    "overprovisioned-secrets": (
        "All secrets are handed over at once",
        "`toJSON(secrets)` gives a step every secret, and hides which one it needs.",
        "name the secrets one by one",
    ),
    "secrets-inherit": (
        "A called workflow inherits every secret",
        "It can read all secrets, now and those added later.",
        "pass the secrets that it needs by name",
    ),
    "secrets-outside-env": (
        "A secret is used outside of an environment",
        "Environments can ask for approval and limit branches; a bare secret cannot.",
        "move the secret to an environment, and name it in the job",
    ),
    "self-repository": (
        "A file of this repository is named by a relative path",
        "It depends on what was checked out, not on the workflow's own commit.",
        "use `$/…` where the platform knows it",
    ),
    "superfluous-actions": (
        "An action does what the runner can do itself",
        "Every action is code of somebody else in the job.",
        "use the tool that is already there",
    ),
    "template-injection": (
        "An expression is pasted into code",
        "Who controls the text, such as a branch's name, writes the commands.",
        "pass it through `env` and use the variable",
    ),
    "typosquat-uses": (
        "An action's name looks like a better known one",
        "Names that differ by a letter are taken by attackers.",
        "make sure that it is the one that you mean",
    ),
    "undocumented-permissions": (
        "A permission has no comment that says why",
        "Reviewers cannot tell whether it is still needed.",
        "say in a comment what it is for",
    ),
    "unpinned-tools": (
        "An action installs a tool without a fixed version",
        "It takes whatever is newest at the time.",
        "name the tool's version",
    ),
    "unpinned-uses": (
        "An action is not pinned to a full commit",
        "Tags and branches can be moved to other code; it happened to widely used actions.",
        "name the full commit, with the version in a comment",
    ),
    "unredacted-secrets": (
        "A part of a secret escapes redaction",
        "Only whole secrets are hidden in logs, not what is taken out of one.",
        "store each part as a secret of its own",
    ),
    "unsound-condition": (
        "A condition is always true",
        "Text around an expression makes it so.",
        "write the condition as one expression",
    ),
    "unsound-contains": (
        "A condition is satisfied by parts of words",
        "`contains` on a text finds any part of it.",
        "compare with a list: `contains(fromJSON('[…]'), …)`",
    ),
    "unsound-ternary": (
        "A choice falls through",
        "`a && b || c` gives c whenever b is empty or false.",
        "turn it round, so that the middle is never empty",
    ),
    "use-trusted-publishing": (
        "Publishing uses a stored credential",
        "A stored token can be stolen and used from anywhere, for as long as it lives.",
        "use trusted publishing, whose tokens live for minutes",
    ),
}  # fmt: skip

RULES: Mapping[str, Rule] = {
    f"workflows/{name}": Rule(title=title, why=why, fix=fix)
    for name, (title, why, fix) in _RULES.items()
}
"""Every rule of the check, by its full id."""

OWN = frozenset(
    {
        "denied-action", "untrusted-checkout", "version-comment", "swallowed-gate",
        "plain-secret", "unpinned-include", "piped-script",
    }
)  # fmt: skip
"""Rules that zizmor has no name for."""


def page(name: str) -> str:
    """Where zizmor explains a rule, "" for our own."""
    return "" if name in OWN else f"https://docs.zizmor.sh/audits/#{name}"
