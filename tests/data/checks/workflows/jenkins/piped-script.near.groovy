node { sh 'curl -so install https://example.com/install' }
// node { sh 'curl -s https://example.com/install | sh' }
