pipeline {
    agent { docker { image 'maven:3.9@sha256:1111111111111111111111111111111111111111111111111111111111111111' } }
    stages { stage('a') { steps { script { docker.image("${IMAGE}").inside { sh 'make image' } } } } }
    // agent { docker 'alpine' }
}
