/* upload_template.c - a file of each kind to begin with: every column, in the contract's order, and
 * rows that can be uploaded as they stand. */
#include "blackfriday/web/upload.h"

static const char *const templates[FEED_TOPICS] = {
    [FEED_PRODUCTS] = "product_id,name,category,subcategory,price,supplier_id\n"
                      "EXAMPLE-1,Espresso cup,Kitchen,Cups,12.90,V001\n"
                      "EXAMPLE-2,\"Towel, blue\",Home,Bath,7.50,V002\n",
    [FEED_STORES] = "store_id,location,region,size,manager\n"
                    "EXAMPLE-A,Ulm,South,large,A. Vogel\n"
                    "EXAMPLE-B,Kiel,North,small,B. Lund\n",
    [FEED_UPDATES] = "product_id,store_id,timestamp,quantity_change\n"
                     "EXAMPLE-1,EXAMPLE-A,2025-11-28T07:45:00Z,100\n"
                     "EXAMPLE-2,EXAMPLE-A,1764315900000,-3\n",
    [FEED_SALES] = "transaction_id,product_id,store_id,timestamp,quantity,unit_price\n"
                   "EXAMPLE-T1,EXAMPLE-1,EXAMPLE-A,2025-11-28T08:00:00.250Z,2,12.90\n"
                   "EXAMPLE-T2,EXAMPLE-2,EXAMPLE-A,1764316800500,1,6.75\n",
};

const char *upload_template(enum feed_topic topic)
{
    return templates[topic];
}
