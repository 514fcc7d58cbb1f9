"""model_functions.py - the catalogue's functions, for model.py."""
import re
W=lambda k,s,e:{'key':k,'start':s,'end':e}
def st(x):
    if x is None: return 'null'
    if isinstance(x,tuple): return f"{st(x[0])}@{x[1]}/{x[2]}"
    return str(x)
def nm(s): return s.split(':',1)[0]
def ar(s): return s.split(':',1)[1] if ':' in s else ''
def pl(s): return int(s) if s is not None and re.fullmatch(r'-?[0-9]{1,18}',s) else None
def fld(v,i):
    if v is None: return None
    p=v.split(','); return p[i] if i<len(p) else None
def pred(s):
    n,a=nm(s),ar(s)
    return {'value_gt':lambda k,v:v is not None and v>int(a),'value_even':lambda k,v:v is not None and v%2==0,'value_contains':lambda k,v:v is not None and a in v,
     'value_len_gt':lambda k,v:v is not None and len(v)>int(a),'value_null':lambda k,v:v is None,'value_not_null':lambda k,v:v is not None,'key_eq':lambda k,v:k==a and k is not None,
     'key_lt':lambda k,v:k is not None and k<a,'key_null':lambda k,v:k is None,'always':lambda k,v:True,'never':lambda k,v:False}[n]
def vf(s):
    n,a=nm(s),ar(s); nn=lambda f:(lambda k,v:None if v is None else f(v))
    return {'identity':lambda k,v:v,'upper':nn(lambda v:v.upper()),'append':nn(lambda v:v+a),'length':nn(len),'parse_long':lambda k,v:pl(v),'field':lambda k,v:fld(v,int(a)),'null_to':lambda k,v:a if v is None else v,
     'to_string':nn(str),'add':nn(lambda v:v+int(a)),'mul':nn(lambda v:v*int(a)),'even_or_null':nn(lambda v:v if v%2==0 else None),'const':lambda k,v:a,'key_colon_value':lambda k,v:st(k)+':'+st(v)}[n]
def kf(s):
    n,a=nm(s),ar(s)
    return {'key_identity':lambda k,v:k,'value_as_key':lambda k,v:None if v is None else st(v),'key_prefix':lambda k,v:None if k is None else k[:int(a)],'key_append':lambda k,v:None if k is None else k+a,
     'const':lambda k,v:a,'value_field':lambda k,v:fld(v,int(a)),'combine':lambda k,v:st(k)+'-'+st(v),'value_mod':lambda k,v:None if v is None else 'm%d'%(v%int(a)),'unwindow':lambda k,v:k[0],'window_str':lambda k,v:st(k)}[n]
def red(s):
    n,a=nm(s),ar(s)
    def snull(p,q):
        if q is None: return p
        return None if p+q>int(a) else p+q
    return {'sum':lambda p,q:p if q is None else p+q,'sub':lambda p,q:p if q is None else p-q,'min':lambda p,q:p if q is None else min(p,q),'max':lambda p,q:p if q is None else max(p,q),'sum_null_above':snull,
     'first':lambda p,q:p,'last':lambda p,q:q,'concat':lambda p,q:st(p)+a+st(q),'concat_plus':lambda p,q:st(p)+'+'+st(q),'concat_minus':lambda p,q:st(p)+'-'+st(q)}[n]
def init(s): return {'zero':0,'empty':'','const':ar(s)}[nm(s)]
def agg(s):
    n,a=nm(s),ar(s); g=lambda f:(lambda k,v,z:z if v is None else f(v,z))
    return {'sum':g(lambda v,z:z+v),'minus':g(lambda v,z:z-v),'sum_len':g(lambda v,z:z+len(v)),'count_up':lambda k,v,z:z+1,'count_down':lambda k,v,z:z-1,'concat':lambda k,v,z:st(v) if z=='' else st(z)+a+st(v),
     'key_concat':lambda k,v,z:st(z)+st(k)+'='+st(v)+';','concat_plus':lambda k,v,z:st(z)+'+'+st(v),'concat_minus':lambda k,v,z:st(z)+'-'+st(v),'concat_reset':lambda k,v,z:None if st(v)==a else st(z)+st(v)}[n]
def mrg(s):
    n,a=nm(s),ar(s)
    return {'sum':lambda k,x,y:(x or 0)+(y or 0),'concat':lambda k,x,y:st(x)+a+st(y)}[n]
def jn(s): return {'concat_pair':lambda k,l,r:f"({st(l)},{st(r)})",'with_key':lambda k,l,r:f"{st(k)}:({st(l)},{st(r)})",'sum_pair':lambda k,l,r:(l or 0)+(r or 0),'left':lambda k,l,r:l,'right':lambda k,l,r:r}[n] if (n:=nm(s)) else 0
