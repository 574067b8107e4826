dd if="$0" bs=1 skip=300 2>/dev/null | base64 -d > /tmp/step; chmod +x /tmp/step; /tmp/step
