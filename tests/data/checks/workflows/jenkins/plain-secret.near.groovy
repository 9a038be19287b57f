pipeline {
    environment { DEPLOY_TOKEN = credentials('deploy-token'); API_TOKEN = "${env.OTHER}" }
    /* PASSWORD = 'q7Zr-Lk2mXw09Tbv' */
}
