# SPDX-License-Identifier: GPL-3.0-or-later
# Without its device a GPU task fails or crawls: the node is bad, another one may do. Back into the queue without this
# node; exit 76 where that is refused, then the next round leaves the node out.
gpus=${CUDA_VISIBLE_DEVICES:-}
if [ -z "$gpus" ] || [ "$gpus" = NoDevFiles ] || { command -v nvidia-smi && ! nvidia-smi -L | grep GPU; } >/dev/null; then
  echo "no GPU on ${SLURMD_NODENAME:-this node}: CUDA_VISIBLE_DEVICES is '$gpus'" >&2
  note bad_node
  nodes=$(sed -n 's/.*"bad_node".*"node":"\([^"]*\)".*/\1/p' "$attempts.shell" | sort -u | paste -sd,)
  given=$(timeout 60 scontrol show job "$me" | sed -n 's/.*ExcNodeList=\([^( ]*\).*/\1/p')
  if again node; then
    sleep 0.5
    timeout 60 scontrol update jobid="$me" ExcNodeList="${given:+$given,}$nodes"
  fi
  exit 76
fi
