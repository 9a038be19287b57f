pipeline { agent { docker { image 'aquasec/trivy:0.70.0' } } }
