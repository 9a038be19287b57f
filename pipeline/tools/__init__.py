"""The programs that checks wrap: how they are found, installed, started and bounded.

run          the one door to other programs
surroundings what they see of the machine
python       tools from the package index, installed beside the pipeline
binaries     programs from elsewhere: which one runs, and why it may
pins         what `pins.toml` says of them
buildinfo    what a Go program says it was built from
install      putting one into our folder, by one of two routes
release      ... its signed release
gomodule     ... its Go module, built here
trivy        how Trivy is started
trivydb      the database it scans with
trivyparts   ... what that says of itself
trivyfetch   ... how it is fetched
bolt         ... what advisories it knows, by the names of its buckets
"""
