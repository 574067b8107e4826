wget -q https://files.example/a -O /tmp/page
chmod +r /tmp/page
rm /tmp/page
