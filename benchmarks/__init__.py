"""Speed, measured side by side: `nox -s benchmarks`."""
