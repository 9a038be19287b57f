"""The configuration that containers are built from and run with, as it is written.

    inputs        the files, kind by kind
    own           our own rules over those that they can read:
      building      Dockerfiles (`dockerfile` as stages, `instructions`, their `scripts`)
      compose       compose files
      kubernetes    Kubernetes manifests
      workload      what both of these ask of a container
      images        names of images: what is pinned, what moves, what nobody can tell
      lifetimes     which of them get no fixes any more, from `end-of-life.toml`
    copies        what Trivy is given
    trivy         what is made of its answer
    accounts      its answer held against what it was given

Everything here is pure: text in, problems out. What stands open, because only a build or a
deployment decides it, is a part of the answer and never left out.
"""
