/* limits.h - every bound in one place. Data that claims more is refused, never believed. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
    LIMIT_NAME_BYTES = 249,             /* Kafka's limit on a topic's name */
    LIMIT_KEY_BYTES = 1 << 20,          /* a record's key */
    LIMIT_VALUE_BYTES = 16 << 20,       /* a record's value, encoded */
    LIMIT_HEADERS = 64,                 /* headers of a record that are looked at */
    LIMIT_AVRO_DEPTH = 64,              /* nesting of schemas and of values */
    LIMIT_AVRO_ITEMS = 1 << 20,         /* items of one array or map */
    LIMIT_AVRO_NAME_BYTES = 1 << 10,    /* a name with its namespace, in a schema */
    LIMIT_AVRO_BRANCHES = 1000,         /* types of one union */
    LIMIT_AVRO_STEPS = 100000,          /* nodes of a plan that resolves one schema to another */
    LIMIT_SCHEMA_BYTES = 1 << 20,       /* a schema's JSON text */
    LIMIT_HTTP_BODY_BYTES = 4 << 20,    /* an answer of the registry */
    LIMIT_SCHEMAS = 10000,              /* schemas that the registry client keeps */
    LIMIT_REGISTRY_URLS = 16,           /* addresses of one schema registry */
    LIMIT_STEPS = 10000,                /* steps of a topology */
    LIMIT_STEP_INPUTS = 64,             /* inputs of one step */
    LIMIT_WINDOW_DAYS = 10000000,       /* a window's size, and its grace */
    LIMIT_STEP_POSITIONS = 64,          /* inputs of one task */
    LIMIT_PARTITIONS = 10000,           /* partitions of one topic */
    LIMIT_TASKS = 100000,               /* tasks of one application */
    LIMIT_TASK_STORES = 1000,           /* stores that one task has had, ever */
    LIMIT_BATCH = 1024,                 /* messages taken from a reader at once */
    LIMIT_BUFFERED = 10000,             /* records waiting in one partition's queue */
    LIMIT_SINK_ROWS = 5000,             /* rows of one transaction of a sink */
    LIMIT_SINK_BATCH_BYTES = 64 << 20,  /* one column of them, or one COPY, encoded */
    LIMIT_SINK_PENDING_BYTES = 64 << 20, /* messages that a sink holds and has not written yet */
    LIMIT_SINK_DAYS = 1000,             /* day partitions of one table; the rest share one */
    LIMIT_CONFIG_LINE_BYTES = 16 << 10, /* one line of a configuration file */
    LIMIT_CONFIG_LINES = 10000,         /* lines of a configuration file */
    LIMIT_METRIC_SERIES = 100000,       /* time series of one process */
    LIMIT_HTTP_CONNECTIONS = 32,        /* to the status server, at once */
    LIMIT_HTTP_URI_BYTES = 1024,        /* of a request to the status server */
    LIMIT_HTTP_REPLY_BYTES = 64 << 20,  /* of an answer of the status server */
    LIMIT_HTTP_QUERY_BYTES = 8 << 10,   /* of the request's parameters */
    LIMIT_QUERY_ROWS = 10000,           /* rows of one answer about a store */
    LIMIT_QUERY_BYTES = 32 << 20,       /* and their bytes, as JSON */
    LIMIT_QUERY_MS = 10000,             /* time for one */
    LIMIT_QUERY_PEERS = 8,              /* that ask another instance, at once */
    LIMIT_CSV_LINE_BYTES = 64 << 10,    /* one line of a CSV file */
    LIMIT_CSV_FIELDS = 256,             /* fields of one line of it */
    LIMIT_UPLOAD_BYTES = 256 << 20,     /* a file that is uploaded, unless told otherwise */
    LIMIT_UPLOAD_MS = 10 * 60 * 1000,   /* from its first byte to its last */
    LIMIT_UPLOAD_REPORT_ROWS = 1000,    /* refused rows of it that are told one by one */
    LIMIT_UPLOAD_REPORT_BYTES = 1 << 20, /* what is told of them */
    LIMIT_UPLOADS = 2,                  /* at once */
    LIMIT_UPLOADS_A_MINUTE = 12,
    LIMIT_UPLOADS_KEPT = 16,            /* that are over, with their reports */
    LIMIT_WEB_CONNECTIONS = 128,        /* to the web server, at once; each has its thread */
    LIMIT_WEB_LISTENERS = 64,           /* of them, those that listen to events */
    LIMIT_WEB_EVENTS = 16,              /* names of events */
    LIMIT_WEB_EVENT_BYTES = 256 << 10,  /* the data of one */
    LIMIT_WEB_REQUEST_BYTES = 32 << 10, /* request line and headers of a request */
    LIMIT_WEB_REPLY_BYTES = 16 << 20,   /* an answer */
    LIMIT_WEB_DRAIN_BYTES = 1 << 20,    /* of a refused body, read so that the answer is seen */
    LIMIT_WEB_TOKEN_LEAST = 16,         /* characters of the token */
    LIMIT_WEB_TOKEN_BYTES = 256,
    LIMIT_WEB_FAILURES = 10,            /* wrong tokens a minute from one address */
    LIMIT_WEB_ADDRESSES = 64,           /* addresses whose wrong tokens are counted */
    LIMIT_WEB_WINDOWS = 200000,         /* windows of one topic that are kept apart */
    LIMIT_WEB_TOPS = 512,               /* windows of the top products that are kept */
    LIMIT_WEB_ROWS = 20000,             /* categories, regions or stores */
    LIMIT_WEB_NAMES = 200000,           /* products, or stores, that have a name */
    LIMIT_WEB_ITEMS = 3000000,          /* products in stores */
    LIMIT_WEB_TEXT_BYTES = 200,         /* of a name or id that is shown; the rest is cut off */
    LIMIT_WEB_RECORD_BYTES = 32 << 10,  /* key and value of a record that is looked at */
};

#endif
