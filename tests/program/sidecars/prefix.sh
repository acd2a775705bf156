# Prints each line of a log with a mark and the time, for ever: prefix.sh LOG
tail -n +1 -F "$1" | while read -r line; do
    echo "[PROCESSED] $(date --utc +%FT%TZ) - $line"
done
