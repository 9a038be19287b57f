// expect: 3
pipeline {
    environment { DEPLOY_TOKEN = 'q7Zr-Lk2mXw09Tbv' }
}
