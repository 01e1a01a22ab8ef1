#!/usr/bin/env bash
# Launches the installed node and waits until it is active; run it in a sourced workspace.
set -euo pipefail
log=$(mktemp)
ros2 launch lacdepth_ros depth.launch.py > "$log" 2>&1 &
launch=$!
state='not found'
for _ in $(seq 60); do
    state=$(ros2 lifecycle get /camera/depth_node 2>&1) || true
    [[ $state == active* ]] && break
    kill -0 "$launch" 2> /dev/null || break
    sleep 1
done
# Not INT, which shells have their background jobs ignore.
kill -TERM "$launch" 2> /dev/null || true
wait "$launch" || true
cat "$log"
echo "depth_node: $state"
[[ $state == active* ]]
