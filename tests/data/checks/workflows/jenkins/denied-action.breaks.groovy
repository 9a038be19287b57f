// expect: 2
pipeline { agent { docker { image 'aquasec/trivy:v0.69.4' } } }
