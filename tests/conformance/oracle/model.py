#!/usr/bin/env python3
"""model.py DIR [FAMILY N]: replays scenarios (caching absent or off) through a compact model of the README and reports
agreement per family; with FAMILY N also shows the first N disagreements of a family."""
import json,sys,glob,re,bisect,collections
from model_functions import *
class Skip(Exception): pass
class TT:
    def __init__(T,e,i): T.e=e; T.i=i; T.S={}; T.ch=[]; T.sov=False; T.jsov=False; T.mat=False; T.par=None; T.src=False; T.join=None; T.cv=None; T.fk=False; e.ch_t=getattr(e,'ch_t',{}); T.order=[]
    def put(T,k,v,t):
        if v is None: T.S.pop(k,None)
        else: T.S[k]=(v,t)
    ver=False
    def isver(T): return T.ver or (T.par is not None and not T.mat and T.par.isver())
    def emit(T,k,nv,ov,t,latest=True):
        T.e.latest=latest
        for h in T.ch: T.e.latest=latest; h(k,nv,ov,t)
    def asof(T,k,t):
        if T.par is not None:
            v=T.par.asof(k,t); return None if v is None else T.cv(k,v)
        L=T.hi.get(k,[])
        if not L: return None
        if L[-1][0]<=t: return L[-1][1]
        if t<T.ost-T.hist: return None
        r=None
        for x in L:
            if x[0]<=t: r=x[1]
        return r
    def enable(T,force):
        if T.src:
            if not force and not T.mat: return False
            T.mat=True; T.sov=True; return True
        if T.join: T.join[0].enable(True); T.join[1].enable(True); T.jsov=True; return True
        if T.par is None or T.mat: T.sov=True; return True
        if T.par.enable(force): T.sov=True
        return T.sov
    def need(T):
        if T.mat: return
        if T.src: T.mat=True
        elif T.par: T.par.need()
    def get(T,k):
        if T.mat or T.par is None and not T.join: return T.S.get(k)
        if T.join:
            a,b=T.join[0].get(k),T.join[1].get(k); ty=T.join[2]
            if (a is None and (ty!='outer' or b is None)) or (b is None and ty=='inner'): return None
            v=T.join[3](None,a and a[0],b and b[0])
            return None if v is None else (v,max(x[1] for x in(a,b) if x))
        p=T.par.get(k)
        if p is None: return None
        v=T.cv(k,p[0]); return None if v is None else (v,p[1])
class AT(TT): pass
class E:
    def __init__(s,sc):
        s.sc=sc; s.ch=collections.defaultdict(list); s.src=collections.defaultdict(list); s.out={}; s.drop=0; s.q=collections.OrderedDict(); s.rep=0; s.dirty={}; s.stores={}
        s.isrep={}; s.pun=[]; s.tst=-1; s.wt=0; s.ext={}; s.pt={}; s.getter={}; s.T={}; s.aggt={}
        s.ei=sc.get('config',{}).get('emit_interval_ms',0); s.latest=True
        for n in sc['topology']: s.node(n)
    def fwd(s,i,k,v,t):
        for f in s.ch[i]: f(k,v,t)
    def ups(s,i,keepnull=False):
        if not s.dirty.get(i): return i
        s.rep+=1; name=f'__rep{s.rep}'; nid=f'{i}__r{s.rep}'
        def snk(k,v,t):
            if k is not None or keepnull: s.enq(name,k,v,t)
        s.ch[i].append(snk); s.src[name].append(nid); return nid
    def enq(s,tp,k,v,t): s.q.setdefault(tp,[]).append((k,v,t))
    def node(s,n):
        op=n['op']; i=n.get('id'); f=n.get('from'); C=s.ch
        L=lambda *a:C[f].append(*a)
        if isinstance(f,str): s.dirty[i]=s.dirty.get(f,False)
        if op=='stream':
            for tp in n.get('topics',[n.get('topic')]): s.src[tp].append(i); s.ext[tp]=n.get('extractor','record')
        elif op in('filter','filter_not'):
            p=pred(n['pred']); b=op=='filter'
            L(lambda k,v,t:s.fwd(i,k,v,t) if p(k,v)==b else None)
        elif op=='map_values': g=vf(n['value_fn']); L(lambda k,v,t:s.fwd(i,k,g(k,v),t))
        elif op=='map': a,g=kf(n['key_fn']),vf(n['value_fn']); s.dirty[i]=True; L(lambda k,v,t:s.fwd(i,a(k,v),g(k,v),t))
        elif op=='select_key': a=kf(n['key_fn']); s.dirty[i]=True; L(lambda k,v,t:s.fwd(i,a(k,v),v,t))
        elif op in('flat_map','flat_map_values'):
            z=n['flat_fn']
            def g(k,v):
                if z=='split_comma': return [(k,x) for x in (v.split(',') if v is not None else [])]
                if z.startswith('repeat'): return [(k,v)]*int(ar(z))
                if z=='split_keys': return [(x,st(k)) for x in (v.split(',') if v is not None else [])]
                return [(k,v),(v,k)]
            if op=='flat_map': s.dirty[i]=True
            def h(k,v,t):
                for a,b in g(k,v): s.fwd(i,a,b,t)
            L(h)
        elif op=='merge':
            s.dirty[i]=any(s.dirty.get(x) for x in f)
            for x in f: C[x].append(lambda k,v,t:s.fwd(i,k,v,t))
        elif op=='branch':
            bs=[(b['id'],pred(b['pred'])) for b in n['branches']]
            for b,_ in bs: s.dirty[b]=s.dirty[i]
            d=n.get('default'); 
            if d: s.dirty[d]=s.dirty[i]
            def h(k,v,t):
                for b,p in bs:
                    if p(k,v): s.fwd(b,k,v,t); return
                if d: s.fwd(d,k,v,t)
            L(h)
        elif op=='repartition':
            s.dirty[f]=True; d=s.dirty.get(f); r=s.ups(f); s.dirty[f]=s.dirty[i]; s.dirty[i]=False
            C[r].append(lambda k,v,t:s.fwd(i,k,v,t))
        elif op=='to': 
            def h(k,v,t,tp=n['topic']):
                s.out.setdefault(tp,[]).append({'key':W(*k) if isinstance(k,tuple) else k,'value':v,'ts':t})
                if tp in s.src: s.enq(tp,k,v,t)
            L(h)
        elif op in('group_by','group_by_key'):
            s.getter[i]=('G',f,n.get('key_fn'))
        elif op=='windowed_by': s.getter[i]=('W',f,n)
        elif op in('count','reduce','aggregate'): s.aggr(n)
        elif op=='to_stream':
            a=kf(n['key_fn']) if 'key_fn' in n else None
            s.dirty[i]=a is not None
            T=s.T.get(f) or s.aggt.get(f)
            if T: T.ch.append(lambda k,nv,ov,t:s.fwd(i,a(k,nv) if a else k,nv,t))
            else: L(lambda k,v,t:s.fwd(i,a(k,v) if a else k,v,t))
        elif op=='suppress': s.suppress(n)
        elif op=='join_stream_stream': s.ssj(n)
        elif op in('table','to_table'):
            if op=='table': s.ext[n['topic']]=n.get('extractor','record')
            T=TT(s,i); T.mat='store' in n; T.src=True; s.T[i]=T; T.ver='history_ms' in n; T.hi={}; T.ost=-1; T.hist=n.get('history_ms',0)
            def h(k,v,t):
                if k is None: s.drop+=1; return
                if T.ver:
                    T.ost=max(T.ost,t)
                    if t<T.ost-T.hist: s.drop+=1; return
                    L=T.hi.setdefault(k,[]); old=T.S.get(k)
                    latest=not L or t>=L[-1][0]
                    L[:]=sorted([x for x in L if x[0]!=t]+[(t,v)],key=lambda x:x[0])
                    if latest: T.put(k,v,t)
                    T.emit(k,v,old[0] if old and T.sov else None,t,latest); return
                if T.mat:
                    o=T.S.get(k); T.put(k,v,t); T.emit(k,v,o[0] if o and T.sov else None,t)
                else: T.emit(k,v,None,t)
            if op=='table': s.src[n['topic']].append(i+'__in'); C[i+'__in'].append(h)
            else: C[s.ups(f)].append(h); s.dirty[i]=False
        elif op=='global_table':
            G={}; s.T[i]=G
            def h(k,v,t):
                if k is None: s.drop+=1; return
                if v is None: G.pop(k,None)
                else: G[k]=v
            s.src[n['topic']].append(i+'__in'); C[i+'__in'].append(h)
        elif op in('table_filter','table_filter_not','table_map_values'):
            P=s.tab(f); T=TT(s,i); s.T[i]=T; T.mat='store' in n; T.par=P
            if op=='table_map_values': g=vf(n['value_fn']); cv=lambda k,v:None if v is None else g(k,v); fl=False
            else: p=pred(n['pred']); b=op=='table_filter'; cv=lambda k,v:v if v is not None and p(k,v)==b else None; fl=True; T.sov=P.enable(False)
            T.cv=cv
            def h(k,nv,ov,t):
                x=cv(k,nv); y=None
                if T.sov: y=(T.S[k][0] if k in T.S else None) if T.mat else cv(k,ov)
                if fl and T.sov and x is None and y is None and not P.isver(): return
                lt=s.latest
                if T.mat: T.put(k,x,t)
                T.emit(k,x,y,t,lt if fl else True)
            P.ch.append(h)
        elif op=='table_group_by': P=s.tab(f); P.enable(True); s.getter[i]=('TG',P,kf(n['key_fn']),vf(n.get('value_fn','identity')))
        elif op in('table_count','table_reduce','table_aggregate'):
            _,P,a,g=s.getter[f]; s.rep+=1; tp=f'__rep{s.rep}'; T=TT(s,i); T.mat=True; s.T[i]=T
            def snd(k,nv,ov,t):
                if P.isver() and not s.latest: return
                N=(a(k,nv),g(k,nv)) if nv is not None else (None,None); O=(a(k,ov),g(k,ov)) if ov is not None else (None,None)
                fn=None not in N; fo=None not in O
                if fn and fo and N[0]==O[0]: s.enq(tp,N[0],(N[1],O[1]),t)
                else:
                    if fo: s.enq(tp,O[0],(None,O[1]),t)
                    if fn: s.enq(tp,N[0],(N[1],None),t)
            P.ch.append(snd)
            if op=='table_count': ini=0; ad=lambda k,v,z:z+1; su=lambda k,v,z:z-1
            elif op=='table_reduce': r1,r2=red(n['adder']),red(n['subtractor']); ini=None; ad=lambda k,v,z:v if z is None else r1(z,v); su=lambda k,v,z:r2(z,v)
            else: ini=init(n['init']); ad=agg(n['adder']); su=agg(n['subtractor'])
            def h(k,v,t):
                nv,ov=v; o=T.S.get(k); z=o[0] if o else None; ts=t if not o else max(t,o[1])
                if ov is not None and z is not None: z=su(k,ov,z)
                if nv is not None: z=ad(k,nv,ini if z is None else z)
                T.put(k,z,ts); T.emit(k,z,o[0] if o and T.sov else None,ts)
            s.src[tp].append(i+'__in'); C[i+'__in'].append(h)
        elif op=='join_table_table':
            A,B=s.tab(f[0]),s.tab(f[1]); T=TT(s,i); s.T[i]=T; T.mat='store' in n; ty=n['type']; j=jn(n['joiner']); T.join=(A,B,ty,j)
            if ty in('left','outer'): A.enable(True)
            if ty=='outer': B.enable(True)
            A.need(); B.need()
            def side(me,O):
                mk=(lambda x,y:j(None,x,y)) if me==0 else (lambda x,y:j(None,y,x))
                keepme=ty=='outer' or (ty=='left' and me==0); keepo=ty=='outer' or (ty=='left' and me==1)
                def h(k,nv,ov,t):
                    if (A if me==0 else B).isver() and not s.latest: s.drop+=1; return
                    o=O.get(k); y=o[0] if o else None
                    if y is None and (not keepme or (nv is None and ov is None)): return
                    ts=t if y is None else max(t,o[1])
                    f1=lambda v:mk(v,y) if (v is not None and (y is not None or keepme)) or (v is None and y is not None and keepo) else None
                    x=f1(nv); w=f1(ov) if T.jsov else None
                    if T.mat: T.put(k,x,ts)
                    T.emit(k,x,w,ts)
                return h
            A.ch.append(side(0,B)); B.ch.append(side(1,A))
        elif op=='join_fk':
            A,B=s.tab(f[0]),s.tab(f[1]); A.enable(True); B.enable(True); A.need(); T=TT(s,i); s.T[i]=T; T.mat='store' in n; T.fk=True; j=jn(n['joiner']); fk=kf(n['fk_fn']); left=n['type']=='left'; sub={}
            def res(k,rv,t,h0):
                c=A.get(k); cv=c[0] if c else None
                if h0!=cv: s.drop+=1; return
                x=None if rv is None and (not left or c is None) else j(None,cv,rv)
                o=T.S.get(k)
                T.put(k,x,t); T.emit(k,x,o[0] if o and T.sov else None,t)
            def hl(k,nv,ov,t):
                if A.isver() and not s.latest: s.drop+=1; return
                of=fk(k,ov) if ov is not None else None; nf=fk(k,nv) if nv is not None else None
                if ov is None and nv is None: return
                def go(q,ins):
                    r=B.S.get(q) if q is not None else None
                    if q is not None:
                        if ins[0]=='D': sub.pop((q,k),None)
                        else: sub[(q,k)]=nv
                    ts=t if r is None else max(t,r[1]); rv=r[0] if r else None
                    if ins=='DN' or (ins=='PO' and r is None): return
                    if ins=='DP': res(k,None,ts,nv)
                    else: res(k,rv,ts,nv)
                if left:
                    if of is not None and of!=nf: go(of,'DN')
                    go(nf,'PN')
                elif ov is not None:
                    if of is None and nf is None: s.drop+=1
                    elif of is None: go(nf,'PO')
                    elif nf is None: go(of,'DP')
                    elif of!=nf: go(of,'DN'); go(nf,'PN')
                    else: go(nf,'PO')
                elif nf is None: s.drop+=1
                else: go(nf,'PO')
            def hr(k,nv,ov,t):
                if B.isver() and not s.latest: s.drop+=1; return
                for q in sorted(x for x in sub if x[0]==k): res(q[1],nv,t,sub[q])
            A.ch.append(hl); B.ch.append(hr)
        elif op in('join_stream_table','join_stream_global'):
            gr=n.get('grace'); buf=[]; jt=[-1]; sq=[0]
            j=jn(n['joiner']); left=n['type']=='left'; gl=op=='join_stream_global'
            T=s.T[f[1]] if gl else s.tab(f[1]); a=kf(n['key_fn']) if gl else (lambda k,v:k)
            if not gl: T.need()
            s.dirty[i]=s.dirty.get(f[0],False) if gl else False
            src=f[0] if gl else s.ups(f[0],left)
            def jo(k,v,t):
                q=a(k,v); r=None if q is None else T.asof(q,t) if not gl and T.isver() else T.get(q)
                if r is not None and not gl and not T.isver(): r=r[0]
                if r is not None or left: s.fwd(i,k,j(k,v,r),t)
            def h(k,v,t):
                q=a(k,v)
                if v is None or (q is None and not left): s.drop+=1; return
                if gr is not None:
                    jt[0]=max(jt[0],t)
                    if t<jt[0]-gr: jo(k,v,t); return
                    sq[0]+=1; buf.append((t,k,sq[0],v)); buf.sort()
                    while buf and buf[0][0]<=jt[0]-gr: x=buf.pop(0); jo(x[1],x[3],x[0])
                    return
                jo(k,v,t)
            C[src].append(h)
        elif op=='process':
            p=n['processor']; D={}; s.dirty[i]=s.dirty.get(f,False) if p=='running_total' else True
            iv=n.get('interval_ms')
            def pun(fn):
                s.pun.append([0 if n.get('clock','stream')=='stream' else iv,iv,n.get('clock','stream'),fn,False])
            if p=='dedup_last':
                def h(k,v,t):
                    if k is None: s.fwd(i,k,v,t); return
                    if D.get(k)==v: return
                    if v is None: D.pop(k,None)
                    else: D[k]=v
                    s.fwd(i,k,v,t)
            elif p=='count_emit':
                def h(k,v,t):
                    if k is not None: D[k]=D.get(k,0)+1
                def pf(T):
                    for k in sorted(D): s.fwd(i,k,D[k],T)
                    if n.get('clear'): D.clear()
                pun(pf)
            elif p=='expire':
                def h(k,v,t):
                    if k is None: return
                    if v is None: D.pop(k,None)
                    else: D[k]=max(D.get(k,t),t)
                    s.fwd(i,k,v,t)
                def pf(T):
                    for k in [x for x in sorted(D) if D[x]+n['ttl_ms']<=T]: del D[k]; s.fwd(i,k,None,T)
                pun(pf)
            elif p=='running_total':
                def h(k,v,t):
                    if k is None or v is None: s.fwd(i,k,v,t); return
                    D[k]=D.get(k,0)+v; s.fwd(i,k,D[k],t)
            elif p=='punct_trace':
                def h(k,v,t): s.fwd(i,k,v,t)
                cnt=[0]
                def pf(T):
                    s.fwd(i,'punct',str(T),T); cnt[0]+=1
                    return cnt[0]>=n.get('cancel_after',1e9)
                pun(pf)
            elif p=='ts_shift':
                def h(k,v,t): s.fwd(i,k,v,max(0,t+n['delta_ms']))
            elif p=='clock_trace':
                def h(k,v,t): s.fwd(i,k,f'st={s.tst},wt={s.wt}',t)
            L(h)
        elif op=='cogroup': s.getter[i]=('C',f,n)
        else: raise Skip(op)
    def tab(s,i):
        if i not in s.T:
            if i not in s.aggt: raise Skip('tab')
            return s.aggt[i]
        return s.T[i]
    def aggr(s,n,S0=None):
        i=n['id']; g=s.getter[n['from']]; w=None
        if g[0]=='W': w=g[2]; g=s.getter[g[1]]
        if g[0]=='C':
            if w is not None and w['window']=='sliding' : pass
            S={}; first=True
            for gi,an in zip(g[1],g[2]['aggregators']):
                m=dict(n); m['op']='aggregate'; m['aggregator']=an; m['from']='__x'
                s.getter['__x']=('W',gi,w) if w is not None else s.getter[gi]
                s.aggr(m,S)
            return
        if g[0]!='G': raise Skip('co')
        src=g[1]
        if g[2]:
            nid=src+'__k'+i; a=kf(g[2]); s.ch[src].append(lambda k,v,t:s.fwd(nid,a(k,v),v,t)); s.dirty[nid]=True; src=nid
        src=s.ups(src)
        if w is None: s.aggt[i]=AT(s,i)
        if n['op']=='count': ini=0; ag=lambda k,v,z:z+1; mg=lambda k,a,b:a+b
        elif n['op']=='reduce':
            r=red(n['reducer']); ini=None; ag=lambda k,v,z:v if z is None else r(z,v); mg=lambda k,a,b:b if a is None else a if b is None else r(a,b)
        else: ini=init(n['init']); ag=agg(n['aggregator']); mg=mrg(n['merger']) if 'merger' in n else None
        S={} if S0 is None else S0; s.stores[i]=S
        def upd(kk,k,v,t):
            o=S.get(kk); z=ag(k,v,ini if o is None else o[0]); ts=t if o is None else max(t,o[1])
            if z is None: S.pop(kk,None)
            else: S[kk]=(z,ts)
            return z,ts
        if w is None:
            def h(k,v,t):
                if k is None or v is None: s.drop+=1; return
                o=S.get(k); z,ts=upd(k,k,v,t); s.aggt[i].emit(k,z,o[0] if o and s.aggt[i].sov else None,ts)
            s.aggt[i].S=S; s.ch[src].append(h); return
        nx=[0]; ST=[-1]; gr=w['grace']; fin=w.get('emit')=='on_window_close'; last=[-1]; kind=w['window']
        def final(close,items):
            if not fin: return
            for kk,z,ts in items: s.fwd(i,kk,z,ts)
        if kind in('tumbling','hopping'):
            sz=w['size']; ad=w.get('advance',sz); emitted=set()
            def h(k,v,t):
                if k is None: s.drop+=1; return
                ST[0]=max(ST[0],t); b=max(0,(t-sz+ad)//ad*ad)
                while b<=t:
                    if b+sz>ST[0]-gr:
                        z,ts=upd((k,b,b+sz),k,v,t)
                        if not fin: s.fwd(i,(k,b,b+sz),z,ts)
                    else: s.drop+=1
                    b+=ad
                if fin and s.wt>=nx[0]:
                    nx[0]=s.wt+s.ei
                    for kk in sorted((x for x in S if x[2]+gr<=ST[0] and x not in emitted),key=lambda x:(x[1],x[0])): emitted.add(kk); s.fwd(i,kk,*S[kk])
            s.getter[i]=('close',gr)
            s.ch[src].append(h)
        elif kind=='session':
            gap=w['gap']; emitted=set()
            def h(k,v,t):
                if k is None: s.drop+=1; return
                ST[0]=max(ST[0],t); a,b=t,t; z=ini; m=[]
                for kk in sorted((x for x in S if x[0]==k and x[2]>=t-gap and x[1]<=t+gap),key=lambda x:(x[2],x[1])):
                    m.append(kk); z=mg(k,z,S[kk][0]); a=min(a,kk[1]); b=max(b,kk[2])
                if b<ST[0]-gr-gap: s.drop+=1
                else:
                    if (a,b)!=(t,t):
                        for kk in m:
                            del S[kk]
                            if not fin: s.fwd(i,kk,None,kk[2])
                    z=ag(k,v,z)
                    if z is None: S.pop((k,a,b),None)
                    else: S[(k,a,b)]=(z,b)
                    if not fin: s.fwd(i,(k,a,b),z,b)
                if fin and s.wt>=nx[0]:
                    nx[0]=s.wt+s.ei
                    for kk in sorted((x for x in S if x[2]+gr+gap<ST[0] and x not in emitted),key=lambda x:(x[2],x[1],x[0])): emitted.add(kk); s.fwd(i,kk,*S[kk])
            s.getter[i]=('close',gr+gap)
            s.ch[src].append(h)
        else:
            d=w['difference']; 
            emitted=set()
            def h(k,v,t):
                h0(k,v,t)
                if fin and k is not None and v is not None and not t+d<ST[0]-gr and t>=d and s.wt>=nx[0]:
                    nx[0]=s.wt+s.ei
                    for kk in sorted((x for x in S if x[2]+gr<ST[0] and x not in emitted),key=lambda x:(x[1],x[0])): emitted.add(kk); s.fwd(i,kk,*S[kk])
            def h0(k,v,t):
                if k is None or v is None: s.drop+=1; return
                ST[0]=max(ST[0],t); cl=ST[0]-gr
                if t+d<cl: s.drop+=1; return
                def up(a,cur):
                    if a+d<cl: s.drop+=1; return
                    o=cur[0] if cur else None; z=ag(k,v,ini if o is None else o) if n['op']!='count' else ag(k,v,0 if o is None else o)
                    ts=t if o is None else max(t,cur[1]); kk=(k,a,a+d)
                    if z is None: S.pop(kk,None)
                    else: S[kk]=(z,ts)
                    if not fin: s.fwd(i,kk,z,ts)
                def put(a,cur):
                    S[(k,a,a+d)]=cur
                    if not fin: s.fwd(i,(k,a,a+d),cur[0],cur[1])
                if t>=d:
                    ws=sorted((x for x in list(S) if x[0]==k and max(0,t-2*d)<=x[1]<=t+1),key=lambda x:-x[1])
                    seen=set(); rw=lw=None; la=ra=False; prev=None
                    for x in ws:
                        c=S[x]; seen.add(x[1])
                        if x[1]==t+1: ra=True
                        elif x[2]>t:
                            if rw is None: rw=c
                            up(x[1],c)
                        elif x[2]==t:
                            la=True; up(x[1],c)
                            if c[1]<t: prev=c[1]
                            else: return
                        else: lw=c; prev=c[1]; break
                    if prev is not None and prev+1 not in seen and prev+1+d>=t: up(prev+1,None)
                    if not la: up(t-d,(lw[0],t) if prev is not None and t-d<=prev else None)
                    if not ra and rw is not None and rw[1]>t: put(t+1,rw)
                else:
                    ws=sorted((x for x in list(S) if x[0]==k and 0<=x[1]<=t+1),key=lambda x:x[1]); seen=set(); cw=None; rw=None; ra=False; prev=None
                    for x in ws:
                        c=S[x]; seen.add(x[1])
                        if x[1]==0:
                            cw=c
                            if c[1]<t: prev=c[1]
                        elif x[1]<=t: rw=c; up(x[1],c)
                        else: ra=True
                    if rw is None and cw is not None and cw[1]>t: rw=cw
                    if not ra and rw is not None and rw[1]>t: put(t+1,rw)
                    if prev is not None and prev+1 not in seen: up(prev+1,None)
                    up(0,cw)
            s.getter[i]=('close',gr); s.ch[src].append(h)
    def suppress(s,n):
        i=n['id'];f=n['from']; ST=[-1]; B={}
        if n['mode']=='until_window_closes':
            if s.getter.get(f,('',))[0]!='close': raise Skip('sup')
            gr=s.getter[f][1]
            def h(k,v,t):
                ST[0]=max(ST[0],t)
                B[k]=(v,t)
                for kk in sorted((x for x in B if x[2]+gr<=ST[0]),key=lambda x:(x[2],x[0]+'\0',x[1])):
                    v,t=B.pop(kk)
                    if v is not None: s.fwd(i,kk,v,t)
            s.ch[f].append(h)
        else:
            ms=n['ms']; mx=n.get('max_records'); 
            if n.get('full')=='shutdown': raise Skip('sd')
            def h(k,v,t):
                ST[0]=max(ST[0],t)
                B[k]=(B[k][0] if k in B else t,v,t)
                o=lambda:sorted(B,key=lambda x:(B[x][0],st(x[0])+'\0',x[1:]) if isinstance(x,tuple) else (B[x][0],x))
                for kk in o():
                    if B[kk][0]<=ST[0]-ms or (mx is not None and len(B)>mx): _,v,t=B.pop(kk); s.fwd(i,kk,v,t)
                    else: break
            T=s.T.get(f) or s.aggt.get(f)
            if T: T.ch.append(lambda k,nv,ov,t:h(k,nv,t))
            else: s.ch[f].append(h)
    def ssj(s,n):
        i=n['id']; l,r=n['from']; 
        if l==r and False: raise Skip('self')
        bf,af,gr=n['before'],n['after'],n['grace']; ty=n['type']; j=jn(n['joiner'])
        s.dirty[i]=False
        X=[[],[]]; obs=[-1,-1]; ST=[-1]; low=[float('inf')]; Wt={}; ret=bf+af+gr; nx=[0]
        def side(me):
            pres=(ty=='outer') or (ty=='left' and me==0)
            aft=af if me==0 else bf; bef=bf if me==0 else af
            mk=lambda k,a,b:j(k,a,b) if me==0 else j(k,b,a)
            def h(k,v,t):
                ost=ST[0]; ST[0]=max(ST[0],t)
                # store put happens first (own window store)
                def process():
                    if pres and k is None and v is not None: s.fwd(i,k,mk(k,v,None),t); return
                    if k is None or v is None: s.drop+=1; return
                    if t==ST[0] and ty!='inner' and not (low[0]+aft+gr>=ST[0] and (low[0]!=float('inf') or aft+gr==0)) and s.wt>=nx[0]:
                        nx[0]=s.wt+s.ei
                        low[0]=float('inf'); lo=ro=False; done=[]
                        for kk in sorted(Wt):
                            low[0]=kk[0]
                            if lo and ro: break
                            if kk[0]+(af if kk[1]==1 else bf)+gr>=ST[0]:
                                if kk[1]==1: lo=True
                                else: ro=True
                                continue
                            for vv in Wt[kk]: s.fwd(i,kk[2],j(kk[2],vv,None) if kk[1]==1 else j(kk[2],None,vv),kk[0])
                            done.append(kk)
                        for kk in done: del Wt[kk]
                    o=1-me; m=[(ot,ov) for ot,oseq,ok,ov in sorted(X[o],key=lambda x:(x[0],x[1])) if ok==k and max(0,t-bef)<=ot<=max(0,t+aft) and ot>=obs[o]-ret+1]
                    for ot,ov in m:
                        Wt.pop((ot,1 if o==0 else 0,k),None)
                        s.fwd(i,k,mk(k,v,ov),max(t,ot))
                    if pres and not m:
                        if max(0,t+aft)<ST[0]: s.fwd(i,k,mk(k,v,None),t)
                        else:
                            low[0]=min(low[0],t); Wt.setdefault((t,1 if me==0 else 0,k),[]).append(v)
                if k is not None and v is not None:
                    obs[me]=max(obs[me],t); X[me].append((t,len(X[me]),k,v))
                process()
            return h
        a,b=(s.ups(l,ty!='inner'),s.ups(r,ty!='inner'))
        s.ch[a].append(side(0)); s.ch[b].append(side(1))
    def enq(s,tp,k,v,t):
        e=s.ext.get(tp,'record')
        s.q.setdefault(tp,[]).append((k,v,t))
    def step(s,x):
        s.out={}; s.drop=0
        if 'topic' in x:
            tp,k,v,t=x['topic'],x['key'],x['value'],x['ts']
            if tp in s.src:
                e=s.ext.get(tp,'record')
                if e=='record_plus_1000': t+=1000
                elif e.startswith('value_ts'):
                    z=pl(v.split('@')[0]) if v is not None and '@' in v else None
                    t=z if z is not None else s.pt.get(tp,-1) if 'partition' in e else -1
                if t<0: s.drop+=1
                else: s.enq(tp,k,v,t)
        else: s.wt+=x['advance_wall_ms']; s.punct('wall',s.wt)
        while any(s.q.values()):
            tp=min((a for a in s.q if s.q[a]),key=lambda a:s.q[a][0][2]); k,v,t=s.q[tp].pop(0)
            s.pt[tp]=max(s.pt.get(tp,-1),t); s.tst=max(s.tst,t)
            for i in s.src[tp]: s.fwd(i,k,v,t)
            s.punct('stream',s.tst)
        r={}
        if s.out: r['out']=s.out
        if s.drop: r['dropped']=s.drop
        return r
    def punct(s,c,now):
        for p in s.pun:
            if p[2]==c and not p[4] and p[0]<=now:
                if p[3](now): p[4]=True
                nx=p[0]+p[1]
                if now>=nx: nx=p[0]+((now-p[0])//p[1]+1)*p[1]
                p[0]=nx
res=collections.defaultdict(collections.Counter)
for d in sys.argv[1:2]:
  for f in sorted(glob.glob(d+'/*.jsonl')):
    for l in open(f):
        o=json.loads(l); fam=o['family']
        if o.get('config',{}).get('caching')=='on' or o['expect'].get('error') or 'failed_at' in o['expect']: res[fam]['skip']+=1; continue
        try: e=E(o)
        except Skip as x: res[fam]['skip:'+str(x)]+=1; continue
        ok=True
        for idx,(x,y) in enumerate(zip(o['steps'],o['expect']['steps'])):
            g=e.step(x)
            if o.get('dropped_comparable') is False: g.pop('dropped',None)
            if g!=y:
                ok=False; res[fam]['BAD']+=1
                if len(sys.argv)>2 and fam==sys.argv[2] and res[fam]['BAD']<=int(sys.argv[3]): print(o['name'],idx,x,'\n  want',json.dumps(y)[:600],'\n  got ',json.dumps(g)[:600],'\n',json.dumps([{q:v for q,v in t.items() if q not in('kt','vt')} for t in o['topology']])[:700])
                break
        if ok:
            for n in o['topology']:
                if 'store' not in n or n['op'] in('process',): continue
                w=o['expect']['stores'].get(n['store']); i=n['id']
                if i in e.stores: S=e.stores[i]
                elif i in e.T and isinstance(e.T[i],dict): S={k:(v,None) for k,v in e.T[i].items()}
                elif i in e.T: S=e.T[i].S
                else: continue
                rows=[]
                for k in sorted(S):
                    v,t=S[k]
                    if isinstance(k,tuple):
                        r={'key':k[0],'start':k[1],'end':k[2],'value':v}
                        if w['type']=='window': r['ts']=t
                    else: r={'key':k,'value':v,'ts':t}
                    rows.append(r)
                want=w['rows']
                if n['op']=='global_table': want=[dict(x,ts=None) for x in want]
                if 'retention_ms' in w and rows:
                    f='end' if w['type']=='session' else 'start'; m=max(r[f] for r in rows); rows=[r for r in rows if r[f]>=m-w['retention_ms']+1]
                if rows!=want: ok=False; res[fam]['BADSTORE']+=1; print('STORE',o['name'],n['id'],json.dumps(rows)[:300],'WANT',json.dumps(want)[:300]); break
                res[fam]['stores']+=1
        if ok: res[fam]['ok']+=1
for k in res: print(k,dict(res[k]))
