// expect: 2 4
node { sh 'curl -s https://example.com/install | sh' }
node { sh '''set -e
wget -qO- https://example.com/x | bash
''' }
