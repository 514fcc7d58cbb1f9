import com.fasterxml.jackson.databind.node.*;
import java.io.*;
import java.nio.file.*;
import java.util.*;
import java.util.function.*;

/** What the random scenarios are drawn from: parameters, keys, times, functions, nodes. */
class Draw {
    final Random r;
    final boolean hid;
    Sc s;
    Draw(long seed, boolean hid) { this.r = new Random(seed); this.hid = hid; }

    int n(int a, int b) { return a + r.nextInt(b - a + 1); }
    boolean p(double x) { return r.nextDouble() < x; }
    <T> T pick(T... a) { return a[r.nextInt(a.length)]; }
    long pickL(long... a) { return a[r.nextInt(a.length)]; }

    // ---- parameter ranges (the two sets differ) ----
    long size() { return hid ? pickL(7, 12, 30, 64, 250, 5000, 300000) : pickL(5, 10, 20, 50, 100, 1000, 60000); }
    long grace(long size) { return pickL(0, 0, 1, Math.max(1, size / 2), size, hid ? 2 * size + 1 : 3 * size); }
    String[] keys;
    void newKeys() {
        String[] all = hid ? new String[] {"k1", "k2", "x", "y", "zz", "Q"} : new String[] {"a", "b", "c", "d", "ab"};
        int m = n(1, hid ? 4 : 3) + (p(.3) ? 1 : 0);
        keys = Arrays.copyOf(all, Math.min(m, all.length));
    }
    String key() { return keys[r.nextInt(keys.length)]; }
    int ctr;
    String label(String pre) { return pre + (++ctr); }
    /** strings with commas, letters, digits and sometimes empty */
    String word() {
        int m = n(1, 3);
        StringBuilder b = new StringBuilder();
        for (int i = 0; i < m; i++) {
            if (i > 0) b.append(',');
            b.append(hid ? pick("x", "y", "pq", "7", "-3", "zz", "") : pick("a", "b", "ab", "12", "-5", "cde", ""));
        }
        return b.toString();
    }
    long num() { return p(.1) ? n(-50, 200) : n(-3, hid ? 12 : 9); }

    // ---- timestamps ----
    final class Clock {
        final long scale, grace; final long[] edges; long max, last;
        double ooo = 1;
        long min = 0;
        Clock floor(long m) { min = m; max += m; last += m; return this; }
        Clock(long scale, long grace, long... edges) {
            this.scale = Math.max(1, scale); this.grace = grace; this.edges = edges;
            max = hid ? pickL(0, scale, 1_000_000L, 1_700_000_000_000L) : pickL(0, 0, scale, 10_000L);
            last = max;
        }
        long edge() { return edges.length == 0 ? scale : edges[r.nextInt(edges.length)]; }
        long rnd(long m) { return m <= 0 ? 0 : Math.floorMod(r.nextLong(), m + 1); }
        long next() {
            int x = r.nextInt(100);
            long t;
            if (ooo == 0) t = p(.3) ? max : max + rnd(scale / 2 + 1);
            else if (x < 30) t = max + rnd(Math.max(1, scale / 4));
            else if (x < 42) t = last;
            else if (x < 52) t = last + pickL(-1, 0, 1) + edge();
            else if (x < 66) t = max - rnd(scale);
            else if (x < 76) t = max - edge() - grace + pickL(-1, 0, 1);
            else if (x < 82) t = max - grace + pickL(-1, 0, 1);
            else if (x < 90) { long e = Math.max(1, edge()); t = Math.floorDiv(max, e) * e + pickL(0, -1, e, e - 1, -e); }
            else if (x < 95) t = max + scale + grace + rnd(2 * scale);
            else if (x < 98) t = max - 3 * scale - grace - rnd(scale);
            else t = max + pickL(1, scale);
            if (t < min) t = min;
            last = t; if (t > max) max = t;
            return t;
        }
    }
    int nsteps() { return n(20, p(.2) ? 80 : hid ? 55 : 50); }

    // ---- stream op chains ----
    static final class Live {
        final String id, k, v;
        Live(String id, String k, String v) { this.id = id; this.k = k; this.v = v; }
    }
    int ids;
    String id(String p) { return p + (++ids); }
    String pred(Live l) {
        if (l.v.equals("long")) return pick("value_gt:" + n(-2, 6), "value_even", "value_not_null", "always", "value_null", "value_gt:0");
        if (l.k.equals("string") && p(.3)) return pick("key_eq:" + key(), "key_lt:" + (hid ? "x" : "b"), "key_null");
        return pick("value_contains:" + (hid ? pick("x", "7", ",") : pick("a", "1", ",")), "value_len_gt:" + n(0, 5), "value_not_null", "value_null", "never", "always");
    }
    /** a random value mapper; returns {spec, out type} */
    String[] vmap(Live l) {
        if (l.v.equals("long")) return p(.6) ? new String[] {pick("add:" + n(-5, 5), "mul:" + n(-2, 3), "even_or_null", "identity"), "long"}
            : new String[] {pick("to_string", "key_colon_value", "const:c" + n(0, 9)), "string"};
        return p(.7) ? new String[] {pick("upper", "append:" + pick("!", "-z", ",q"), "field:" + n(0, 2), "null_to:nil", "key_colon_value", "identity"), "string"}
            : new String[] {pick("length", "parse_long"), "long"};
    }
    String[] kmap(Live l, boolean mayNull) {
        List<String> o = new ArrayList<>(List.of("value_as_key", "combine", "const:one"));
        if (l.k.equals("string")) { o.add("key_prefix:" + n(1, 2)); o.add("key_append:_" + n(0, 2)); o.add("key_prefix:1"); }
        if (l.v.equals("string")) { o.add("value_field:" + n(0, mayNull ? 2 : 0)); o.add("value_field:0"); }
        if (l.v.equals("long")) { o.add("value_mod:" + n(2, 3)); o.add("value_mod:2"); }
        return new String[] {o.get(r.nextInt(o.size())), "string"};
    }
    /** one random stateless op on l */
    Live stateless(Live l) {
        String id = id("n");
        switch (r.nextInt(8)) {
            case 0: s.n(id, "filter", l.id, "pred", pred(l)); return new Live(id, l.k, l.v);
            case 1: s.n(id, "filter_not", l.id, "pred", pred(l)); return new Live(id, l.k, l.v);
            case 2: case 3: { String[] m = vmap(l); s.n(id, "map_values", l.id, "value_fn", m[0]); return new Live(id, l.k, m[1]); }
            case 4: { String[] m = vmap(l), k = kmap(l, true); s.n(id, "map", l.id, "key_fn", k[0], "value_fn", m[0]); return new Live(id, k[1], m[1]); }
            case 5: { String[] k = kmap(l, true); s.n(id, "select_key", l.id, "key_fn", k[0]); return new Live(id, k[1], l.v); }
            case 6:
                if (l.v.equals("string") && p(.7)) s.n(id, "flat_map_values", l.id, "flat_fn", "split_comma");
                else s.n(id, "flat_map_values", l.id, "flat_fn", "repeat:" + n(0, 3));
                return new Live(id, l.k, l.v);
            default:
                if (l.v.equals("string") && l.k.equals("string")) { s.n(id, "flat_map", l.id, "flat_fn", pick("split_keys", "dup_swap")); return new Live(id, "string", "string"); }
                s.n(id, "map_values", l.id, "value_fn", "key_colon_value"); return new Live(id, l.k, "string");
        }
    }
    Object value(String vt) { return vt.equals("long") ? (Object) num() : word(); }

    /** plain input steps for one or more topics */
    void feed(Clock c, double nullV, double nullK, String... topics) {
        int m = nsteps();
        for (int i = 0; i < m; i++) {
            String t = topics[r.nextInt(topics.length)];
            String kt = s.topics.get(t).get("key").asText(), vt = s.topics.get(t).get("value").asText();
            Object k = p(nullK) ? null : kt.equals("long") ? (Object) (long) n(0, 3) : key();
            s.rec(t, k, p(nullV) ? null : value(vt), c.next());
        }
    }
    /** labelled string values: every record is recognisable */
    void feedLabels(Clock c, double nullV, double nullK, String... topics) { feedLabels(nsteps(), c, nullV, nullK, topics); }
    void feedLabels(int m, Clock c, double nullV, double nullK, String... topics) {
        for (int i = 0; i < m; i++) {
            String t = topics[r.nextInt(topics.length)];
            s.rec(t, p(nullK) ? null : key(), p(nullV) ? null : label(t.substring(0, 1).toUpperCase()), c.next());
        }
    }
    String store(double pr) { return p(pr) ? id("st") : null; }

    /** aggregation on a grouped / windowed node, value type vt; returns table id */
    String agg(String from, String vt, boolean session, double storeP, Object... extra) {
        String id = id("agg");
        String st = store(storeP);
        List<Object> kv = new ArrayList<>(List.of());
        String op;
        switch (r.nextInt(3)) {
            case 0: op = "count"; break;
            case 1: op = "reduce"; kv.addAll(List.of("reducer", vt.equals("long") ? pick("sum", "min", "max", "last", "sum_null_above:" + n(5, 20)) : pick("concat:|", "concat:,", "last", "first"))); break;
            default:
                op = "aggregate";
                if (vt.equals("long")) {
                    if (p(.5)) kv.addAll(List.of("init", "zero", "aggregator", pick("sum", "count_up")));
                    else kv.addAll(List.of("init", pick("empty", "const:i"), "aggregator", pick("concat:/", "key_concat", "concat_reset:3")));
                } else {
                    if (p(.3)) kv.addAll(List.of("init", "zero", "aggregator", pick("sum_len", "count_up")));
                    else kv.addAll(List.of("init", pick("empty", "const:i"), "aggregator", pick("concat:/", "key_concat", "concat_reset:b")));
                }
                if (session) kv.addAll(List.of("merger", kv.get(1).equals("zero") ? "sum" : pick("concat:&", "concat:")));
        }
        if (st != null) { kv.add("store"); kv.add(st); }
        kv.addAll(Arrays.asList(extra));
        s.n(id, op, from, kv.toArray());
        return id;
    }
}
