"""The configuration that containers are built from and run with, as it is written.

    dockerfile   a Dockerfile as stages and instructions, each with its lines
    building     rules over Dockerfiles
    compose      rules over compose files
    kubernetes   rules over Kubernetes manifests
    workload     questions that compose and Kubernetes share
    images       names of images: what is pinned, what moves, what nobody can tell
    lifetimes    which of them get no fixes any more, from `end-of-life.toml`
    trivy        what Trivy is given, and what is made of its answer

Everything here is pure: text in, problems out. What stands open, because only a build or a
deployment decides it, is a part of the answer and never left out.
"""
