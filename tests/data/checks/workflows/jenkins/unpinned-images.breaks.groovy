// expect: 3 7 10
pipeline {
    agent { docker { image 'maven:3.9' } }
    stages {
        stage('a') {
            steps {
                script { docker.image("node").inside { sh 'make' } }
            }
        }
        agent { docker 'alpine:3.22' }
    }
}
