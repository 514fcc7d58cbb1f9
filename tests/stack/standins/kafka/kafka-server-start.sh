#!/bin/sh
# kafka-server-start.sh - the broker, with the official script's heap unless told otherwise.
export KAFKA_HEAP_OPTS="${KAFKA_HEAP_OPTS:--Xmx1G -Xms1G}"
export KAFKA_LOG4J_OPTS="-Dlog4j2.configurationFile=/opt/kafka/config/log4j2.properties"
exec /opt/kafka/bin/kafka-run-class.sh kafka.Kafka "$@"
