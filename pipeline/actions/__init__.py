"""What the reusable workflows call: the stages of a run, spread over the jobs of a CI platform.

    install    before anything: the tool's dependencies, as locked, in an environment of its own
    plan       inputs and event        ->  part "plan": a plan per project, and who does what
    programs   part "plan" and a key   ->  whether a cache of programs is worth looking for
    check      part "plan" and a key   ->  part "<key>": the evidence of a few checks
    report     all parts               ->  the artifact: reports, evidence, verdict.json, SHA256SUMS
    gate       verdict.json            ->  the exit code
    sign       the artifact            ->  signatures and attestations beside its reports
    submit     the checkout            ->  GitHub's dependency graph

`python -m pipeline.actions VERB`. A workflow file decides when a job runs and with what rights;
every decision about content is made here. Inputs come through the environment as one JSON text,
never through a shell. What a job hands to the next lies below `RUNNER_TEMP`, outside the
checkout; what the scanned repository names is only ever data.
"""
