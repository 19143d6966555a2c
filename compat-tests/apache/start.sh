#!/usr/bin/env bash
# Starts Apache's NameServer or broker in the container: start.sh namesrv|broker -c FILE …
# The JVM sees a small heap and the opened packages that the store's memory-mapped files need on a modern JDK.
set -euo pipefail

case ${1:?namesrv or broker} in
  namesrv) main=org.apache.rocketmq.namesrv.NamesrvStartup heap="-Xms128m -Xmx256m" ;;
  broker) main=org.apache.rocketmq.broker.BrokerStartup heap="-Xms512m -Xmx1g" ;;
  *) echo "unknown server $1" >&2; exit 1 ;;
esac
shift

exec java $heap -XX:+UseG1GC -XX:MaxDirectMemorySize=1g -Duser.home="$HOME" -Drocketmq.home.dir="$HOME" \
  --add-exports=java.base/jdk.internal.ref=ALL-UNNAMED --add-opens=java.base/java.nio=ALL-UNNAMED \
  --add-opens=java.base/jdk.internal.misc=ALL-UNNAMED --add-opens=java.base/sun.nio.ch=ALL-UNNAMED \
  --add-exports=java.base/sun.nio.ch=ALL-UNNAMED \
  -cp '/opt/compat/apache/lib/*' "$main" "$@"
