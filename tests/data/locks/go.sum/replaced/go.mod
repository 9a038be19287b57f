module example.com/shop

go 1.21

require (
	example.com/local v1.0.0
	github.com/google/uuid v1.3.0
	github.com/pkg/errors v0.9.1
	golang.org/x/text v0.3.7
)

require (
	rsc.io/quote v1.5.2 // indirect
	rsc.io/sampler v1.3.0 // indirect
)

replace example.com/local => ./local

replace github.com/google/uuid => github.com/google/uuid v1.6.0
