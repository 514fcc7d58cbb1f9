import com.fasterxml.jackson.databind.node.*;
import java.io.*;
import java.nio.file.*;
import java.util.*;
import java.util.function.*;

/** Seeded random scenarios. usage: Gen OUT_DIR SEED public|other */
public final class Gen extends Draw {
    Gen(long seed, boolean hid) { super(seed, hid); }

    // ---- families ----
    void stateless() {
        String vt = pick("string", "string", "long"), kt = p(.15) ? "long" : "string";
        s.in("in", kt, vt);
        s.n("src", "stream", null, "topic", "in");
        List<Live> live = new ArrayList<>(List.of(new Live("src", kt, vt)));
        Set<String> used = new HashSet<>();
        int m = n(3, 7);
        for (int i = 0; i < m; i++) {
            Live l = live.get(p(.7) ? live.size() - 1 : r.nextInt(live.size()));
            if (p(.15)) {
                String b = id("br"), x = id("b"), y = id("b"), z = id("b");
                boolean def = p(.6);
                s.n(b, "branch", l.id, "branches", Sc.branches(x, pred(l), y, pred(l)), "default", def ? z : null);
                used.add(l.id);
                live.add(new Live(x, l.k, l.v)); live.add(new Live(y, l.k, l.v)); if (def) live.add(new Live(z, l.k, l.v));
                continue;
            }
            if (p(.15)) {
                Live o = null;
                for (Live q : live) if (!q.id.equals(l.id) && q.k.equals(l.k) && q.v.equals(l.v)) o = q;
                if (o != null) {
                    String id = id("mg"); s.n(id, "merge", new String[] {l.id, o.id});
                    used.add(l.id); used.add(o.id); live.add(new Live(id, l.k, l.v)); continue;
                }
            }
            Live q = stateless(l); used.add(l.id); live.add(q);
        }
        int o = 0;
        for (Live l : live) if (!used.contains(l.id) || l.id.equals("src") && p(.2)) s.to(l.id, "out" + (++o));
        feed(new Clock(50, 10, 10, 20), .12, .12, "in");
    }
    void repartition() {
        String vt = pick("string", "long"), kt = p(.15) ? "long" : "string";
        s.in("in", kt, vt);
        s.n("src", "stream", null, "topic", "in");
        Live l = new Live("src", kt, vt);
        for (int i = n(0, 2); i > 0; i--) l = stateless(l);
        switch (r.nextInt(4)) {
            case 0: { String[] k = kmap(l, true); s.n("g", "group_by", l.id, "key_fn", k[0]); l = new Live("g", k[1], l.v); break; }
            case 1: s.n("g", "group_by_key", l.id); l = new Live("g", l.k, l.v); break;
            case 2: {
                String[] k = kmap(l, true);
                s.n("sk", "select_key", l.id, "key_fn", k[0]); s.n("rp", "repartition", "sk", "topic", p(.5) ? "rp1" : null);
                s.to("rp", "mid");
                s.n("g", "group_by_key", "rp"); l = new Live("g", k[1], l.v); break; }
            default: { String[] k = kmap(l, true); s.n("sk", "select_key", l.id, "key_fn", k[0]); s.n("g", "group_by_key", "sk"); l = new Live("g", k[1], l.v); }
        }
        String t = agg("g", l.v, false, .7);
        s.emit(t, "out");
        if (p(.3)) { String t2 = agg("g", l.v, false, .5); s.emit(t2, "out2"); }
        feed(new Clock(50, 10, 10, 20), .1, .08, "in");
    }
    Live tableChain(Live l, int m) {
        for (int i = 0; i < m; i++) {
            String id = id("t");
            if (p(.5)) { s.n(id, pick("table_filter", "table_filter_not"), l.id, "pred", pred(l), "store", store(.35)); l = new Live(id, l.k, l.v); }
            else { String[] v = vmap(l); s.n(id, "table_map_values", l.id, "value_fn", v[0], "store", store(.35)); l = new Live(id, l.k, v[1]); }
        }
        return l;
    }
    void table() {
        String vt = pick("string", "long"), kt = p(.15) ? "long" : "string";
        s.in("in", kt, vt);
        Live l;
        if (p(.6)) { s.n("t", "table", null, "topic", "in", "store", store(.5)); l = new Live("t", kt, vt); }
        else {
            s.n("src", "stream", null, "topic", "in");
            Live q = new Live("src", kt, vt);
            if (p(.4)) q = stateless(q);
            s.n("t", "to_table", q.id, "store", store(.5)); l = new Live("t", q.k, q.v);
        }
        boolean tee = p(.4);
        if (tee) s.emit("t", "base");
        Live e = tableChain(l, n(tee ? 1 : 0, 3));
        if (!e.id.equals("t") || !tee) {
            if (p(.25)) { s.n("ts", "to_stream", e.id, "key_fn", pick("combine", "value_as_key", "const:z")); s.to("ts", "out"); }
            else s.emit(e.id, "out");
        }
        if (p(.3)) { s.in("gin", "string", "string"); s.n("g", "global_table", null, "topic", "gin", "store", "gstore"); feed(new Clock(50, 10, 10, 20), .2, .06, "in", "in", "gin"); }
        else feed(new Clock(50, 10, 10, 20), .22, .06, "in");
    }
    void tableGroup() {
        String vt = pick("string", "long");
        s.in("in", "string", vt);
        if (p(.7)) s.n("t", "table", null, "topic", "in", "store", store(.4));
        else { s.n("src", "stream", null, "topic", "in"); s.n("t", "to_table", "src", "store", store(.4)); }
        Live l = tableChain(new Live("t", "string", vt), n(0, 1));
        String[] k = kmap(l, true);
        String[] v = p(.5) ? vmap(l) : new String[] {"identity", l.v};
        s.n("g", "table_group_by", l.id, "key_fn", k[0], "value_fn", v[0]);
        String id = "agg";
        switch (r.nextInt(3)) {
            case 0: s.n(id, "table_count", "g", "store", store(.7)); break;
            case 1: if (v[1].equals("long")) s.n(id, "table_reduce", "g", "adder", "sum", "subtractor", "sub", "store", store(.7));
                else s.n(id, "table_reduce", "g", "adder", "concat_plus", "subtractor", "concat_minus", "store", store(.7)); break;
            default: if (v[1].equals("long") && p(.5)) s.n(id, "table_aggregate", "g", "init", "zero", "adder", "sum", "subtractor", "minus", "store", store(.7));
                else if (p(.3)) s.n(id, "table_aggregate", "g", "init", "zero", "adder", "count_up", "subtractor", "count_down", "store", store(.7));
                else s.n(id, "table_aggregate", "g", "init", pick("empty", "const:i"), "adder", "concat_plus", "subtractor", "concat_minus", "store", store(.7));
        }
        s.emit(id, "out");
        feed(new Clock(50, 10, 10, 20), .2, .04, "in");
    }
    /** grouped source for the windowed families */
    String groupedSrc(String vt) {
        s.in("in", "string", vt);
        s.n("src", "stream", null, "topic", "in");
        if (p(.2)) { s.n("g", "group_by", "src", "key_fn", vt.equals("long") ? "value_mod:2" : "key_prefix:1"); }
        else s.n("g", "group_by_key", "src");
        return "g";
    }
    long wsize, wgrace, wadv; String wkind;
    void window(String id, String from, String kind, String emit) {
        wkind = kind; wsize = size(); wgrace = grace(wsize); wadv = wsize;
        switch (kind) {
            case "tumbling": s.n(id, "windowed_by", from, "window", kind, "size", wsize, "grace", wgrace, "emit", emit); break;
            case "hopping":
                wadv = Math.max(1, pickL(wsize / 2, wsize / 3, wsize / 4, wsize - 1, wsize)); if (wsize / wadv > 6) wadv = wsize / 2;
                s.n(id, "windowed_by", from, "window", kind, "size", wsize, "advance", wadv, "grace", wgrace, "emit", emit); break;
            case "sliding": s.n(id, "windowed_by", from, "window", kind, "difference", wsize, "grace", wgrace, "emit", emit); break;
            default: s.n(id, "windowed_by", from, "window", kind, "gap", wsize, "grace", wgrace, "emit", emit);
        }
    }
    Clock wclock() {
        return wkind.equals("session") ? new Clock(2 * wsize, wgrace, wsize, wsize, 2 * wsize).floor(2 * wsize + wgrace) : new Clock(wsize, wgrace, wsize, wadv, wsize);
    }
    Long retention() { return p(.1) ? Long.valueOf(wsize * (wkind.equals("sliding") ? 2 : 1) + wgrace + pickL(0, 1, wsize, 10 * wsize)) : null; }
    void windowed(String... kinds) {
        String vt = pick("string", "long");
        groupedSrc(vt);
        String kind = pick(kinds);
        window("w", "g", kind, null);
        String t = agg("w", vt, kind.equals("session"), .85, "retention_ms", retention());
        if (p(.15)) { s.n("os", "to_stream", t, "key_fn", pick("unwindow", "window_str")); s.to("os", "out"); }
        else s.emit(t, "out");
        feed(wclock(), .06, .05, "in");
    }
    void cogroup() {
        int m = n(2, 3);
        String[] gs = new String[m], as = new String[m], ts = new String[m];
        boolean lng = p(.4);
        for (int i = 0; i < m; i++) {
            String vt = p(.5) ? "long" : "string";
            ts[i] = "in" + (i + 1); gs[i] = "g" + (i + 1);
            s.in(ts[i], "string", vt);
            s.n("s" + (i + 1), "stream", null, "topic", ts[i]);
            if (p(.2)) s.n(gs[i], "group_by", "s" + (i + 1), "key_fn", "key_prefix:1", "name", "grp" + (i + 1)); else s.n(gs[i], "group_by_key", "s" + (i + 1));
            as[i] = lng ? vt.equals("long") ? pick("sum", "minus", "count_up") : pick("sum_len", "count_down") : pick("concat_plus", "concat:" + (i + 1), "concat_minus", "key_concat");
        }
        s.n("cg", "cogroup", gs, "aggregators", as, "agg_type", lng ? "long" : "string");
        String in = lng ? "zero" : pick("empty", "const:i");
        Clock c = new Clock(50, 10, 10, 20);
        if (p(.6)) {
            String kind = pick("tumbling", "hopping", "sliding", "session");
            window("w", "cg", kind, null);
            s.n("agg", "aggregate", "w", "init", in, "merger", kind.equals("session") ? lng ? "sum" : "concat:&" : null, "store", "st");
            c = wclock();
        } else s.n("agg", "aggregate", "cg", "init", in, "store", "st");
        s.emit("agg", "out");
        feed(c, .06, .04, ts);
    }
    void suppress() {
        String vt = pick("string", "long");
        groupedSrc(vt);
        if (p(.65)) {
            String kind = pick("tumbling", "hopping", "session", "tumbling", "sliding");
            window("w", "g", kind, null);
            String t = agg("w", vt, kind.equals("session"), .4);
            if (p(.15) && !kind.equals("session")) { s.n("tm", "table_map_values", t, "value_fn", "key_colon_value"); t = "tm"; }
            s.n("sup", "suppress", t, "mode", "until_window_closes");
            s.emit("sup", "out");
            if (p(.3)) { s.n("raw", "to_stream", t); s.to("raw", "raw"); }
            feed(wclock(), .04, .03, "in");
        } else {
            String t;
            if (p(.6)) t = agg("g", vt, false, .5);
            else { window("w", "g", pick("tumbling", "hopping"), null); t = agg("w", vt, false, .5); }
            long ms = hid ? pickL(0, 3, 25, 80) : pickL(0, 1, 10, 30, 50);
            Object mr = p(.6) ? (Object) n(1, 3) : null;
            s.n("sup", "suppress", t, "mode", "until_time_limit", "ms", ms, "max_records", mr, "full", mr == null ? null : p(.85) ? "emit_early" : "shutdown");
            s.emit("sup", "out");
            feed(new Clock(Math.max(10, ms), 0, Math.max(1, ms), 10), .1, .03, "in");
        }
    }
    void onClose() {
        String vt = pick("string", "long");
        groupedSrc(vt);
        String kind = pick("tumbling", "hopping", "sliding", "session");
        window("w", "g", kind, "on_window_close");
        String t = agg("w", vt, kind.equals("session"), .6);
        s.emit(t, "out");
        if (p(.2)) { s.config("emit_interval_ms", 1000); }
        feed(wclock(), .04, .03, "in");
        if (s.config != null) sprinkleWall(1000, 500, 999, 1500);
    }
    void sprinkleWall(long... ms) {
        ArrayNode old = s.steps.deepCopy();
        s.steps.removeAll();
        old.forEach(x -> { s.steps.add(x); if (p(.2)) s.wall(pickL(ms)); });
    }
    void ssJoin() {
        s.in("l", "string", "string").in("r", "string", "string");
        s.n("ls", "stream", null, "topic", "l"); s.n("rs", "stream", null, "topic", "r");
        long b = size(), a = p(.5) ? b : pickL(0, b / 2, b, 2 * b), g = grace(b);
        if (p(.15)) b = 0;
        if (p(.06) && a > 2) b = -1;
        String L = "ls", R = "rs";
        if (p(.15)) { s.n("rk", "select_key", "rs", "key_fn", "key_prefix:1"); R = "rk"; }
        s.n("j", "join_stream_stream", new String[] {L, R}, "type", pick("inner", "left", "outer", "left", "outer"), "before", b, "after", a, "grace", g,
            "joiner", pick("concat_pair", "concat_pair", "with_key"));
        s.to("j", "out");
        boolean thr = p(.15);
        if (thr) s.config("emit_interval_ms", 1000);
        Clock c = new Clock(Math.max(1, Math.max(a, b)), g, Math.max(1, a), Math.max(1, b), Math.max(a, b));
        feedLabels(c, .05, .05, "l", "r");
        if (thr) sprinkleWall(1000, 400, 999, 2500);
    }
    void stJoin() {
        boolean global = p(.35);
        s.in("l", "string", "string").in("t", "string", "string");
        s.n("ls", "stream", null, "topic", "l");
        String L = "ls";
        String ty = pick("inner", "left");
        if (global) {
            s.n("gt", "global_table", null, "topic", "t", "store", "gstore");
            s.n("j", "join_stream_global", new String[] {L, "gt"}, "type", ty, "key_fn", pick("key_identity", "value_field:0", "value_as_key", "key_prefix:1"), "joiner", pick("concat_pair", "with_key"));
        } else {
            if (p(.3)) { s.n("lk", "select_key", "ls", "key_fn", pick("value_field:0", "key_prefix:1")); L = "lk"; }
            s.n("tt", "table", null, "topic", "t", "store", store(.5));
            Live t = new Live("tt", "string", "string");
            if (p(.3)) t = tableChain(t, 1);
            s.n("j", "join_stream_table", new String[] {L, t.id}, "type", ty, "joiner", pick("concat_pair", "with_key"));
        }
        s.to("j", "out");
        Clock c = new Clock(50, 10, 10, 20);
        int m = nsteps();
        for (int i = 0; i < m; i++) {
            if (p(.4)) s.rec("t", p(.04) ? null : key(), p(.2) ? null : label("T") + (p(.2) ? ",a" : ""), c.next());
            else s.rec("l", p(.1) ? null : key(), p(.08) ? null : p(.7) ? key() + "," + label("L") : key(), c.next());
        }
    }
    void ttJoin() {
        String vt = pick("string", "long");
        s.in("l", "string", vt).in("r", "string", vt);
        s.n("lt", "table", null, "topic", "l", "store", store(.3));
        s.n("rt", "table", null, "topic", "r", "store", store(.3));
        Live l = new Live("lt", "string", vt), q = new Live("rt", "string", vt);
        if (p(.3)) l = tableChain(l, 1);
        if (p(.3)) q = tableChain(q, 1);
        String j = l.v.equals("long") && q.v.equals("long") ? pick("sum_pair", "concat_pair", "left", "right") : pick("concat_pair", "concat_pair", "concat_pair", "right", "left");
        s.n("j", "join_table_table", new String[] {l.id, q.id}, "type", pick("inner", "left", "outer"), "joiner", j, "store", store(.5));
        String jv = j.equals("concat_pair") ? "string" : j.equals("sum_pair") ? "long" : j.equals("left") ? l.v : q.v;
        Live e = new Live("j", "string", jv);
        String[] tops = {"l", "r"};
        if (p(.25)) {
            s.in("x", "string", "string"); s.n("xt", "table", null, "topic", "x");
            s.n("j2", "join_table_table", new String[] {"j", "xt"}, "type", pick("inner", "left", "outer"), "joiner", "concat_pair", "store", store(.4));
            e = new Live("j2", "string", "string"); tops = new String[] {"l", "r", "x"};
        }
        if (p(.2)) e = tableChain(e, 1);
        s.emit(e.id, "out");
        Clock c = new Clock(50, 10, 10, 20);
        if (vt.equals("long") || p(.3)) feed(c, .22, .04, tops); else feedLabels(c, .22, .04, tops);
    }
    void fkJoin() {
        s.in("l", "string", "string").in("r", "string", "string");
        s.n("lt", "table", null, "topic", "l", "store", store(.3));
        s.n("rt", "table", null, "topic", "r", "store", store(.3));
        String fk = pick("value_field:0", "value_field:0", "value_field:1", "value_as_key", "key_prefix:1");
        String[] fks = hid ? new String[] {"f1", "f2", "f3"} : new String[] {"p", "q"};
        s.n("j", "join_fk", new String[] {"lt", "rt"}, "type", pick("inner", "left"), "fk_fn", fk, "joiner", "concat_pair", "store", store(.6));
        s.emit("j", "out");
        Clock c = new Clock(50, 10, 10, 20);
        int m = nsteps();
        for (int i = 0; i < m; i++) {
            String f = fks[r.nextInt(fks.length)];
            if (fk.startsWith("key")) f = key().substring(0, 1);
            if (p(.35)) s.rec("r", p(.03) ? null : f, p(.2) ? null : label("R"), c.next());
            else {
                String v = fk.equals("value_as_key") ? f : fk.equals("value_field:1") ? (p(.1) ? label("L") : label("L") + "," + f) : f + "," + label("L");
                s.rec("l", p(.03) ? null : key(), p(.18) ? null : v, c.next());
            }
        }
    }
    void versioned() {
        s.in("l", "string", "string").in("t", "string", "string");
        long h = hid ? pickL(15, 60, 500, 200000) : pickL(10, 50, 100, 1000);
        s.n("tt", "table", null, "topic", "t", "store", "vt", "history_ms", h);
        s.n("ls", "stream", null, "topic", "l");
        int x = r.nextInt(10);
        long g = 0;
        if (x < 6) {
            if (p(.4)) g = pickL(0, 1, h / 2, h);
            s.n("j", "join_stream_table", new String[] {"ls", "tt"}, "type", pick("inner", "left"), "joiner", "concat_pair", "grace", g > 0 || p(.1) ? (Object) g : null);
            s.to("j", "out");
        } else if (x < 8) {
            s.n("g", "table_group_by", "tt", "key_fn", pick("value_field:0", "key_prefix:1"), "value_fn", "identity");
            if (p(.5)) s.n("a", "table_count", "g", "store", "cnt");
            else s.n("a", "table_aggregate", "g", "init", "empty", "adder", "concat_plus", "subtractor", "concat_minus", "store", "agg");
            s.emit("a", "out");
        } else if (x == 8) {
            s.in("u", "string", "string");
            s.n("ut", "table", null, "topic", "u", "store", "uv", "history_ms", h);
            s.n("j", "join_table_table", new String[] {"tt", "ut"}, "type", pick("inner", "left", "outer"), "joiner", "concat_pair", "store", "js");
            s.emit("j", "out");
        } else {
            s.n("f", "table_filter", "tt", "pred", "value_contains:" + n(1, 4));
            s.emit("f", "out"); s.emit("tt", "raw");
        }
        Clock c = new Clock(h, g, h, Math.max(1, h / 2), h);
        int m = nsteps();
        for (int i = 0; i < m; i++) {
            String t = s.topics.has("u") ? pick("t", "u") : p(.5) ? "t" : "l";
            if (x >= 6 && t.equals("l") && p(.7)) t = "t";
            // with a grace period a null stream key makes Kafka Streams 4.1 fail, so none are sent
            s.rec(t, p(.03) && g == 0 ? null : key(), p(.15) ? null : x < 8 && x >= 6 ? word() : label(t.toUpperCase()), c.next());
        }
    }
    void processors() {
        int x = r.nextInt(7);
        long iv = hid ? pickL(1, 9, 40, 1000) : pickL(5, 10, 25, 100);
        String vt = x == 1 || x == 4 ? "long" : "string";
        s.in("in", "string", vt);
        s.n("src", "stream", null, "topic", "in");
        switch (x) {
            case 0: s.n("p", "process", "src", "processor", "dedup_last", "store", "ps"); break;
            case 1: s.n("p", "process", "src", "processor", "running_total", "store", "ps");
                if (p(.5)) { s.n("g", "group_by_key", "p"); s.n("c", "count", "g", "store", "cs"); s.emit("c", "cnt"); } break;
            case 2: case 3: s.n("p", "process", "src", "processor", "count_emit", "store", "ps", "interval_ms", iv, "clock", x == 2 ? "stream" : "wall", "clear", p(.5)); break;
            case 4: s.n("p", "process", "src", "processor", "expire", "store", "ps", "interval_ms", iv, "ttl_ms", pickL(iv, 2 * iv, 3 * iv + 1)); break;
            case 5: s.n("p", "process", "src", "processor", "punct_trace", "interval_ms", iv, "clock", pick("stream", "wall"), "cancel_after", p(.3) ? (Object) n(1, 4) : null); break;
            default:
                if (p(.5)) s.n("p0", "process", "src", "processor", "ts_shift", "delta_ms", pickL(-30, -5, 7, 50));
                else s.n("p0", "process", "src", "processor", "dedup_last", "store", "ps");
                s.n("p", "process", "p0", "processor", "clock_trace");
        }
        if (p(.25) && vt.equals("string") && (x == 0 || x >= 5)) {
            s.n("g", "group_by_key", "p"); s.n("c", "count", "g", "store", "cs"); s.emit("c", "cnt");
        }
        s.to("p", "out");
        Clock c = new Clock(4 * iv, 0, iv, 2 * iv, iv);
        if (vt.equals("long")) feed(c, .15, .05, "in");
        else { int m = nsteps(); for (int i = 0; i < m; i++) s.rec("in", p(.05) ? null : key(), p(.12) ? null : x == 0 || x == 6 ? pick("A", "B") : label("v"), c.next()); }
        sprinkleWall(iv, iv - 1, 1, 3 * iv + 1, iv / 2 + 1);
    }
    void timestamps() {
        s.in("in", "string", "string");
        String e = pick("value_ts", "value_ts_or_partition_time", "value_ts", "record_plus_1000", "record", "fail_on_invalid");
        if (p(.06)) e = "value_ts_fail";
        s.n("src", "stream", null, "topic", "in", "extractor", e);
        switch (r.nextInt(5)) {
            case 0: s.n("p", "process", "src", "processor", "clock_trace"); s.to("p", "out"); break;
            case 1: s.n("g", "group_by_key", "src"); wkind = "tumbling"; s.n("w", "windowed_by", "g", "window", "tumbling", "size", 20L, "grace", 10L); s.n("c", "count", "w", "store", "st"); s.emit("c", "out"); break;
            case 2: s.n("g", "group_by", "src", "key_fn", "key_prefix:1"); s.n("c", "reduce", "g", "reducer", "concat:;", "store", "st"); s.emit("c", "out"); break;
            case 3: s.n("p", "process", "src", "processor", "punct_trace", "interval_ms", 15L, "clock", "stream"); s.to("p", "out"); break;
            default: s.n("t", "to_table", "src", "store", "st"); s.emit("t", "out");
        }
        Clock c = new Clock(20, 10, 20, 10), d = new Clock(30, 5, 15, 10);
        d.max = d.last = 100;
        int m = nsteps();
        for (int i = 0; i < m; i++) {
            String v = p(e.equals("value_ts_fail") ? .05 : .15) ? pick("bad", "x@1", "@", label("n")) : p(.05) ? "-" + n(1, 9) + "@neg" : c.next() + "@" + label("v");
            s.rec("in", p(.05) ? null : key(), p(.05) ? null : v, d.next());
        }
    }
    void pipelines() {
        switch (r.nextInt(8)) {
            case 0: { // stream aggregate joined back with a stream
                s.in("ev", "string", "long").in("q", "string", "string");
                s.n("es", "stream", null, "topic", "ev"); s.n("g", "group_by_key", "es");
                String t = agg("g", "long", false, .6);
                s.n("qs", "stream", null, "topic", "q");
                s.n("j", "join_stream_table", new String[] {"qs", t}, "type", pick("inner", "left"), "joiner", "concat_pair");
                s.to("j", "out"); s.emit(t, "agg");
                feed(new Clock(50, 10, 10, 20), .08, .04, "ev", "ev", "q"); break; }
            case 1: { // window count -> rekey by window -> table
                s.in("in", "string", "string");
                s.n("src", "stream", null, "topic", "in"); s.n("f", "flat_map_values", "src", "flat_fn", "split_comma");
                s.n("g", "group_by", "f", "key_fn", "value_as_key");
                window("w", "g", pick("tumbling", "hopping"), null);
                s.n("c", "count", "w", "store", "cw");
                s.n("cs", "to_stream", "c", "key_fn", "unwindow"); s.n("g2", "group_by_key", "cs");
                s.n("mx", "reduce", "g2", "reducer", "max", "store", "mx"); s.emit("mx", "out");
                feed(wclock(), .05, .05, "in"); break; }
            case 2: { // join then window
                s.in("l", "string", "string").in("r", "string", "string");
                s.n("ls", "stream", null, "topic", "l"); s.n("rs", "stream", null, "topic", "r");
                long b = size(), g = grace(b);
                s.n("j", "join_stream_stream", new String[] {"ls", "rs"}, "type", pick("inner", "left", "outer"), "before", b, "after", b, "grace", g, "joiner", "concat_pair");
                s.n("g", "group_by_key", "j"); window("w", "g", pick("tumbling", "session"), null);
                s.n("c", "count", "w", "store", "cw"); s.emit("c", "out"); s.to("j", "joined");
                feedLabels(new Clock(b, g, b, b), .03, .03, "l", "r"); break; }
            case 3: { // table group -> table join
                s.in("t", "string", "long").in("u", "string", "string");
                s.n("tt", "table", null, "topic", "t"); s.n("g", "table_group_by", "tt", "key_fn", "value_mod:2");
                s.n("a", "table_reduce", "g", "adder", "sum", "subtractor", "sub", "store", "sums");
                s.n("us", "stream", null, "topic", "u"); s.n("uk", "select_key", "us", "key_fn", "value_field:0"); s.n("ut", "to_table", "uk", "store", "ut");
                s.n("j", "join_table_table", new String[] {"a", "ut"}, "type", pick("inner", "left", "outer"), "joiner", "concat_pair", "store", "js");
                s.emit("j", "out");
                Clock c = new Clock(50, 10, 10, 20); int m = nsteps();
                for (int i = 0; i < m; i++) if (p(.6)) s.rec("t", key(), p(.15) ? null : num(), c.next()); else s.rec("u", key(), pick("m0", "m1", "m0,x", "m1,y", "q"), c.next());
                break; }
            case 4: { // window -> suppress -> global enrich
                s.in("in", "string", "long").in("g", "string", "string");
                s.n("gt", "global_table", null, "topic", "g", "store", "gs");
                s.n("src", "stream", null, "topic", "in"); s.n("gr", "group_by_key", "src");
                window("w", "gr", pick("tumbling", "session"), null);
                s.n("c", wkind.equals("session") ? "count" : "count", "w", "store", "cw"); s.n("sp", "suppress", "c", "mode", "until_window_closes");
                s.n("st", "to_stream", "sp", "key_fn", "unwindow");
                s.n("j", "join_stream_global", new String[] {"st", "gt"}, "type", pick("inner", "left"), "key_fn", "key_identity", "joiner", "with_key");
                s.to("j", "out");
                feed(wclock(), .04, .02, "in", "in", "in", "g"); break; }
            case 5: { // branches, merge, processor, through an intermediate topic
                s.in("in", "string", "string");
                s.n("src", "stream", null, "topic", "in");
                s.n("br", "branch", "src", "branches", Sc.branches("b1", "value_contains:" + (hid ? "x" : "a"), "b2", "value_len_gt:2"), "default", "b3");
                s.n("u", "map_values", "b1", "value_fn", "upper"); s.n("m", "merge", new String[] {"u", "b2"});
                s.n("d", "process", "m", "processor", "dedup_last", "store", "ds"); s.to("d", "mid");
                s.n("ms", "stream", null, "topic", "mid"); s.n("g", "group_by_key", "ms"); String t = agg("g", "string", false, .7); s.emit(t, "out"); s.to("b3", "rest");
                feed(new Clock(50, 10, 10, 20), .08, .05, "in"); break; }
            case 6: { // FK join then group
                s.in("l", "string", "string").in("r", "string", "string");
                s.n("lt", "table", null, "topic", "l"); s.n("rt", "table", null, "topic", "r");
                s.n("j", "join_fk", new String[] {"lt", "rt"}, "type", pick("inner", "left"), "fk_fn", "value_field:0", "joiner", "concat_pair", "store", "js");
                s.n("g", "table_group_by", "j", "key_fn", "key_prefix:1", "value_fn", "identity");
                s.n("c", "table_aggregate", "g", "init", "empty", "adder", "concat_plus", "subtractor", "concat_minus", "store", "as"); s.emit("c", "out");
                Clock c = new Clock(50, 10, 10, 20); int m = nsteps();
                for (int i = 0; i < m; i++) if (p(.4)) s.rec("r", pick("p", "q"), p(.2) ? null : label("R"), c.next()); else s.rec("l", key(), p(.15) ? null : pick("p", "q") + "," + label("L"), c.next());
                break; }
            default: { // punctuated counts feeding a window
                s.in("in", "string", "string");
                s.n("src", "stream", null, "topic", "in");
                s.n("p", "process", "src", "processor", "count_emit", "store", "ps", "interval_ms", 20L, "clock", pick("stream", "wall"), "clear", p(.5));
                s.n("g", "group_by_key", "p"); s.n("w", "windowed_by", "g", "window", "tumbling", "size", 50L, "grace", pickL(0, 20)); s.n("a", "reduce", "w", "reducer", "sum", "store", "sw"); s.emit("a", "out");
                feed(new Clock(40, 0, 20, 50), .05, .05, "in"); sprinkleWall(20, 7, 41); }
        }
    }

    record Fam(String file, int count, Consumer<Gen> f) { }
    static final List<Fam> FAMS = List.of(
        new Fam("01-stateless", 32, Gen::stateless),
        new Fam("02-repartition-groupby", 32, Gen::repartition),
        new Fam("03-table", 30, Gen::table),
        new Fam("04-table-groupby", 30, Gen::tableGroup),
        new Fam("05-tumbling-hopping", 28, g -> g.windowed("tumbling", "hopping")),
        new Fam("06-sliding", 26, g -> g.windowed("sliding")),
        new Fam("07-session", 26, g -> g.windowed("session")),
        new Fam("08-cogroup", 26, Gen::cogroup),
        new Fam("09-suppress", 32, Gen::suppress),
        new Fam("10-on-window-close", 30, Gen::onClose),
        new Fam("11-stream-stream-join", 40, Gen::ssJoin),
        new Fam("12-stream-table-join", 30, Gen::stJoin),
        new Fam("13-table-table-join", 30, Gen::ttJoin),
        new Fam("14-fk-join", 30, Gen::fkJoin),
        new Fam("15-versioned", 30, Gen::versioned),
        new Fam("16-processors", 28, Gen::processors),
        new Fam("17-timestamps", 24, Gen::timestamps),
        new Fam("18-pipelines", 28, Gen::pipelines),
        new Fam("19-errors", 0, null));

    public static void main(String[] a) throws Exception {
        Path out = Path.of(a[0]);
        long seed = Long.parseLong(a[1]);
        boolean hid = a[2].equals("other");
        Files.createDirectories(out);
        Map<String, List<ObjectNode>> edge = Edge.all(hid);
        for (Fam f : FAMS) {
            StringBuilder sb = new StringBuilder();
            for (ObjectNode e : edge.getOrDefault(f.file, List.of())) sb.append(Sc.M.writeValueAsString(e)).append('\n');
            for (int i = 0; i < f.count; i++) {
                // each scenario has its own seed, so that families can grow without changing one another
                Gen g = new Gen(seed * 1_000_003L + f.file.hashCode() * 31L + i, hid);
                for (int k = 0; k < 5; k++) g.r.nextInt();
                g.s = new Sc(f.file.substring(3), f.file.substring(3) + "-" + (hid ? "h" : "p") + String.format("%03d", i + 1));
                g.newKeys();
                f.f.accept(g);
                sb.append(Sc.M.writeValueAsString(g.s.json())).append('\n');
            }
            Files.writeString(out.resolve(f.file + ".jsonl"), sb.toString());
        }
    }
}
