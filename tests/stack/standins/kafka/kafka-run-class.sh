#!/bin/sh
# kafka-run-class.sh - a class of Kafka, with the image's variables for the virtual machine.
: "${KAFKA_HEAP_OPTS:=-Xmx256M}"
: "${KAFKA_LOG4J_OPTS:=-Dlog4j2.configurationFile=/opt/kafka/config/tools-log4j2.properties}"
exec java $KAFKA_HEAP_OPTS ${KAFKA_JVM_PERFORMANCE_OPTS:--server -XX:+UseG1GC} \
    $KAFKA_LOG4J_OPTS ${KAFKA_OPTS:-} -cp "/opt/kafka/libs/*" "$@"
