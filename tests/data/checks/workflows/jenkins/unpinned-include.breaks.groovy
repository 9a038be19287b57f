// expect: 2 3 5
@Library('shared@main') _
@Library(['one@3d3c42e5aac5ba805825da76410c181273ba90b1', 'two']) import org.example.Build
// library 'commented@main'
library identifier: 'dynamic@v1', retriever: modernSCM(github('x'))
