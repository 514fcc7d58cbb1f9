/* describe.c - the graph as text, or as a Mermaid flowchart: leat_topology_describe(). */
#include "base/buffer.h"
#include "base/memory.h"
#include "topology/operators.h"
#include "topology/step.h"

enum { DESCRIBE_BYTES = 4 << 20 };

/* What a step has beside its name, each between before and after. */
static void facts(struct buffer *out, const struct step *step, const char *before,
                  const char *after)
{
    if (step->topic)
        buffer_format(out, "%stopic: %s%s%s", before, step->topic,
                      step->twin ? ", repartition" : "", after);
    else if (step->operator == &to_topic)
        buffer_format(out, "%stopic: chosen for each record%s", before, after);
    for (int i = 0; i < step->store_count; i++)
        if (!step->stores[i].scratch)
            buffer_format(out, "%sstore: %s%s", before, step->stores[i].spec.name, after);
    for (int i = 0; i < step->use_count; i++)
        if (step->uses[i].owner != step)
            buffer_format(out, "%sstore: %s, of %s%s", before,
                          step->uses[i].owner->stores[step->uses[i].place].spec.name,
                          step->uses[i].owner->name, after);
    if (step->global)
        buffer_format(out, "%sglobal table: %s%s", before, step->global->name, after);
}

static void text_step(struct buffer *out, const struct step *step)
{
    buffer_format(out, "    %s: %s", step->operator->verb, step->name);
    facts(out, step, " (", ")");
    buffer_text(out, "\n");
    for (size_t i = 0; i < step->edge_count; i++)
        buffer_format(out, "      --> %s\n", step->edges[i].child->name);
}

static void text(struct buffer *out, const struct leat_topology *topology)
{
    buffer_text(out, "Topology\n");
    for (size_t g = 0; g < topology->group_count; g++) {
        const struct group *group = &topology->groups[g];

        buffer_format(out, "  Sub-topology: %s\n", group->name);
        for (size_t i = 0; i < group->step_count; i++)
            text_step(out, group->steps[i]);
    }
    for (size_t i = 0; i < topology->step_count; i++)
        if (topology->steps[i]->noun == NOUN_GLOBAL) {
            buffer_text(out, "  Global\n");
            text_step(out, topology->steps[i]);
        }
}

static void mermaid_step(struct buffer *out, const struct step *step)
{
    bool topic = step->operator->source || step->operator->sink;
    const char *open = topic ? "([" : step->store_count ? "[(" : "[";
    const char *close = topic ? "])" : step->store_count ? ")]" : "]";

    buffer_format(out, "    s%d%s\"%s<br/>%s", step->number, open, step->operator->verb,
                  step->name);
    facts(out, step, "<br/>", "");
    buffer_format(out, "\"%s\n", close);
}

static void mermaid_edges(struct buffer *out, const struct step *step)
{
    for (size_t i = 0; i < step->edge_count; i++)
        buffer_format(out, "  s%d --> s%d\n", step->number, step->edges[i].child->number);
    if (step->operator == &repartition_send)
        buffer_format(out, "  s%d -.-> s%d\n", step->number, step->twin->number);
    for (int i = 0; i < step->use_count; i++)
        if (step->uses[i].owner != step)
            buffer_format(out, "  s%d -.- s%d\n", step->uses[i].owner->number, step->number);
    if (step->global)
        buffer_format(out, "  s%d -.-> s%d\n", step->global->number, step->number);
}

static void mermaid(struct buffer *out, const struct leat_topology *topology)
{
    buffer_text(out, "flowchart TD\n");
    for (size_t g = 0; g < topology->group_count; g++) {
        const struct group *group = &topology->groups[g];

        buffer_format(out, "  subgraph g%zu[\"%s\"]\n", g, group->name);
        for (size_t i = 0; i < group->step_count; i++)
            mermaid_step(out, group->steps[i]);
        buffer_text(out, "  end\n");
    }
    for (size_t i = 0; i < topology->step_count; i++) {
        if (topology->steps[i]->noun == NOUN_GLOBAL)
            mermaid_step(out, topology->steps[i]);
        mermaid_edges(out, topology->steps[i]);
    }
}

char *leat_topology_describe(struct leat_topology *topology, bool as_mermaid)
{
    struct buffer out;

    topology_cut(topology);
    buffer_init(&out, DESCRIBE_BYTES);
    (as_mermaid ? mermaid : text)(&out, topology);
    buffer_add(&out, "", 1);
    return out.data;
}
