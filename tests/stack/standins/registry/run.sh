#!/bin/sh
# run.sh - starts Apicurio Registry as its image does: its settings are environment variables.
#
# JAVA_OPTS replaces the options of the virtual machine, JAVA_OPTS_APPEND adds to them.
exec java ${JAVA_OPTS:--Dquarkus.http.host=0.0.0.0} ${JAVA_OPTS_APPEND:-} \
    -jar /deployments/quarkus-run.jar "$@"
