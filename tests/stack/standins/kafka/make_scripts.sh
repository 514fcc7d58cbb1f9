# make_scripts.sh - the scripts of /opt/kafka/bin, each of which only names a class.
set -eu

while read -r name class; do
    printf '#!/bin/sh\nexec /opt/kafka/bin/kafka-run-class.sh %s "$@"\n' "$class" \
        >"/opt/kafka/bin/$name.sh"
done <<'TABLE'
kafka-acls org.apache.kafka.tools.AclCommand
kafka-broker-api-versions org.apache.kafka.tools.BrokerApiVersionsCommand
kafka-cluster org.apache.kafka.tools.ClusterTool
kafka-configs org.apache.kafka.tools.ConfigCommand
kafka-console-consumer org.apache.kafka.tools.consumer.ConsoleConsumer
kafka-console-producer org.apache.kafka.tools.ConsoleProducer
kafka-consumer-groups org.apache.kafka.tools.consumer.group.ConsumerGroupCommand
kafka-get-offsets org.apache.kafka.tools.GetOffsetShell
kafka-metadata-quorum org.apache.kafka.tools.MetadataQuorumCommand
kafka-storage kafka.tools.StorageTool
kafka-topics org.apache.kafka.tools.TopicCommand
kafka-transactions org.apache.kafka.tools.TransactionsCommand
TABLE
chmod 755 /opt/kafka/bin/*.sh
