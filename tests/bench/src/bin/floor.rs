//! floor: NOT a product. The least work a Kafka broker can do and still serve stock clients:
//! one thread a connection, blocking I/O, no replication, no groups, no recovery. It is the ceiling that a real
//! broker's figures are compared with on the same machine in the same run.
//!   floor --port 9092 --mode null|mem|file [--dir D] [--crc 0|1] [--fsync 0|1]
//! A topic named pN-... has N partitions and exists as soon as it is asked for.
use logboat_bench::*;
use std::collections::HashMap;
use std::fs::File;
use std::io::{IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Condvar, Mutex, RwLock};
use std::time::{Duration, Instant};

#[derive(Default)]
struct Part {
    idx: Vec<(i64, i64, u64, u32)>,
    next: i64,
    size: u64,
    mem: Vec<Arc<Vec<u8>>>,
    pos: Vec<(usize, usize)>,
    file: Option<Arc<File>>,
}
struct P {
    m: Mutex<Part>,
    cv: Condvar,
}
struct Broker {
    topics: RwLock<HashMap<String, Arc<Vec<P>>>>,
    mode: u8,
    dir: String,
    crc: bool,
    fsync: bool,
    port: i32,
}

impl Broker {
    fn topic(&self, name: &str) -> Arc<Vec<P>> {
        if let Some(t) = self.topics.read().unwrap().get(name) {
            return t.clone();
        }
        let n: usize =
            name.strip_prefix('p').and_then(|s| s.split('-').next()).and_then(|s| s.parse().ok()).unwrap_or(1);
        let mut w = self.topics.write().unwrap();
        w.entry(name.to_string())
            .or_insert_with(|| {
                Arc::new(
                    (0..n)
                        .map(|i| {
                            let mut p = Part::default();
                            if self.mode == 2 {
                                let f = std::fs::OpenOptions::new()
                                    .create(true)
                                    .read(true)
                                    .write(true)
                                    .truncate(true)
                                    .open(format!("{}/{name}-{i}.log", self.dir))
                                    .unwrap();
                                p.file = Some(Arc::new(f));
                            }
                            P { m: Mutex::new(p), cv: Condvar::new() }
                        })
                        .collect(),
                )
            })
            .clone()
    }
}

struct Rd<'a>(&'a [u8], usize);
impl<'a> Rd<'a> {
    fn i8(&mut self) -> i8 {
        self.1 += 1;
        self.0[self.1 - 1] as i8
    }
    fn i16(&mut self) -> i16 {
        self.1 += 2;
        i16::from_be_bytes(self.0[self.1 - 2..self.1].try_into().unwrap())
    }
    fn i32(&mut self) -> i32 {
        self.1 += 4;
        i32::from_be_bytes(self.0[self.1 - 4..self.1].try_into().unwrap())
    }
    fn i64(&mut self) -> i64 {
        self.1 += 8;
        i64::from_be_bytes(self.0[self.1 - 8..self.1].try_into().unwrap())
    }
    fn s(&mut self) -> &'a str {
        let n = self.i16().max(0) as usize;
        self.1 += n;
        std::str::from_utf8(&self.0[self.1 - n..self.1]).unwrap()
    }
}
fn i16b(o: &mut Vec<u8>, v: i16) {
    o.extend_from_slice(&v.to_be_bytes());
}
fn i32b(o: &mut Vec<u8>, v: i32) {
    o.extend_from_slice(&v.to_be_bytes());
}
fn i64b(o: &mut Vec<u8>, v: i64) {
    o.extend_from_slice(&v.to_be_bytes());
}
fn sb(o: &mut Vec<u8>, s: &str) {
    i16b(o, s.len() as i16);
    o.extend_from_slice(s.as_bytes());
}

const APIS: &[(i16, i16, i16)] = &[(0, 3, 7), (1, 4, 11), (2, 1, 2), (3, 1, 4), (18, 0, 3), (19, 2, 2)];

fn main() {
    let port: i32 = argn("port", 9092);
    let mode = match arg("mode", "mem").as_str() {
        "null" => 0,
        "mem" => 1,
        _ => 2,
    };
    let dir = arg("dir", "floor-data");
    if mode == 2 {
        std::fs::create_dir_all(&dir).unwrap();
    }
    let b = Arc::new(Broker {
        topics: Default::default(),
        mode,
        dir,
        crc: argn("crc", 1) == 1,
        fsync: argn("fsync", 0) == 1,
        port,
    });
    let l = TcpListener::bind(("127.0.0.1", port as u16)).unwrap();
    for s in l.incoming() {
        let (s, b) = (s.unwrap(), b.clone());
        s.set_nodelay(true).unwrap();
        std::thread::spawn(move || {
            let _ = serve(s, b);
        });
    }
}

fn serve(s: TcpStream, b: Arc<Broker>) -> std::io::Result<()> {
    let mut r = std::io::BufReader::with_capacity(65536, s.try_clone()?);
    let mut w = s;
    let mut o: Vec<u8> = Vec::with_capacity(4096);
    loop {
        let mut l = [0u8; 4];
        r.read_exact(&mut l)?;
        let n = i32::from_be_bytes(l) as usize;
        // Produce bodies are kept as the log itself in mem mode: no second copy
        let mut f: Vec<u8> = Vec::with_capacity(n);
        unsafe { f.set_len(n) };
        r.read_exact(&mut f)?;
        let mut q = Rd(&f, 0);
        let (key, ver, corr) = (q.i16(), q.i16(), q.i32());
        q.s(); // client id
        o.clear();
        i32b(&mut o, 0);
        i32b(&mut o, corr);
        match key {
            18 => {
                if ver >= 3 {
                    i16b(&mut o, 0);
                    o.push(APIS.len() as u8 + 1);
                    for a in APIS {
                        i16b(&mut o, a.0);
                        i16b(&mut o, a.1);
                        i16b(&mut o, a.2);
                        o.push(0);
                    }
                    i32b(&mut o, 0);
                    o.push(0);
                } else {
                    i16b(&mut o, 0);
                    i32b(&mut o, APIS.len() as i32);
                    for a in APIS {
                        i16b(&mut o, a.0);
                        i16b(&mut o, a.1);
                        i16b(&mut o, a.2);
                    }
                    if ver >= 1 {
                        i32b(&mut o, 0);
                    }
                }
            }
            19 => {
                let n = q.i32();
                i32b(&mut o, 0);
                i32b(&mut o, n);
                for _ in 0..n {
                    let t = q.s().to_string();
                    q.i32();
                    q.i16();
                    q.i32();
                    q.i32();
                    b.topic(&t);
                    sb(&mut o, &t);
                    i16b(&mut o, 0);
                    i16b(&mut o, -1);
                }
            }
            3 => {
                let n = q.i32();
                let names: Vec<String> = if n < 0 {
                    b.topics.read().unwrap().keys().cloned().collect()
                } else {
                    (0..n).map(|_| q.s().to_string()).collect()
                };
                if ver >= 3 {
                    i32b(&mut o, 0);
                }
                i32b(&mut o, 1);
                i32b(&mut o, 1);
                sb(&mut o, "127.0.0.1");
                i32b(&mut o, b.port);
                i16b(&mut o, -1);
                if ver >= 2 {
                    sb(&mut o, "floor");
                }
                i32b(&mut o, 1);
                i32b(&mut o, names.len() as i32);
                for t in &names {
                    let ps = b.topic(t);
                    i16b(&mut o, 0);
                    sb(&mut o, t);
                    o.push(0);
                    i32b(&mut o, ps.len() as i32);
                    for i in 0..ps.len() {
                        i16b(&mut o, 0);
                        i32b(&mut o, i as i32);
                        i32b(&mut o, 1);
                        i32b(&mut o, 1);
                        i32b(&mut o, 1);
                        i32b(&mut o, 1);
                        i32b(&mut o, 1);
                    }
                }
            }
            2 => {
                q.i32();
                if ver >= 2 {
                    q.i8();
                }
                let n = q.i32();
                if ver >= 2 {
                    i32b(&mut o, 0);
                }
                i32b(&mut o, n);
                for _ in 0..n {
                    let t = q.s();
                    let ps = b.topic(t);
                    let m = q.i32();
                    sb(&mut o, t);
                    i32b(&mut o, m);
                    for _ in 0..m {
                        let p = q.i32();
                        let ts = q.i64();
                        let x = ps[p as usize].m.lock().unwrap().next;
                        i32b(&mut o, p);
                        i16b(&mut o, 0);
                        i64b(&mut o, -1);
                        i64b(&mut o, if ts == -2 { 0 } else { x });
                    }
                }
            }
            0 => {
                q.s();
                let acks = q.i16();
                q.i32();
                let n = q.i32();
                i32b(&mut o, n);
                let mut put: Vec<(Arc<Vec<P>>, usize, usize, usize, usize)> = vec![]; // topic, partition, offset in frame, len, where in the response
                for _ in 0..n {
                    let t = q.s();
                    let ps = b.topic(t);
                    let m = q.i32();
                    sb(&mut o, t);
                    i32b(&mut o, m);
                    for _ in 0..m {
                        let p = q.i32();
                        let len = q.i32() as usize;
                        put.push((ps.clone(), p as usize, q.1, len, o.len() + 6));
                        q.1 += len;
                        i32b(&mut o, p);
                        i16b(&mut o, 0);
                        i64b(&mut o, 0);
                        i64b(&mut o, -1);
                        i64b(&mut o, 0);
                    }
                }
                i32b(&mut o, 0);
                if b.crc {
                    for x in &put {
                        let d = &f[x.2..x.2 + x.3];
                        let c = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, &d[21..]) as u32;
                        assert_eq!(c.to_be_bytes(), d[17..21]);
                    }
                }
                let mut frame = f;
                // single-owner frame: patch base offsets in place, then share it
                let mut locs = vec![];
                for (ps, p, at, len, resp) in &put {
                    let mut g = ps[*p].m.lock().unwrap();
                    let cnt = i32::from_be_bytes(frame[at + 57..at + 61].try_into().unwrap()) as i64;
                    let base = g.next;
                    frame[*at..at + 8].copy_from_slice(&base.to_be_bytes());
                    o[*resp..resp + 8].copy_from_slice(&base.to_be_bytes());
                    let size = g.size;
                    if b.mode == 2 {
                        let fl = g.file.clone().unwrap();
                        fl.write_all_at(&frame[*at..at + len], size)?;
                        if b.fsync {
                            fl.sync_data()?;
                        }
                    }
                    g.next += cnt;
                    if b.mode > 0 {
                        g.size += *len as u64;
                    }
                    locs.push((base, cnt, size, g));
                }
                let frame = Arc::new(frame);
                for ((base, cnt, size, mut g), (ps, p, at, len, _)) in locs.into_iter().zip(&put) {
                    if b.mode > 0 {
                        g.idx.push((base, cnt, size, *len as u32));
                    }
                    if b.mode == 1 {
                        g.mem.push(frame.clone());
                        g.pos.push((*at, *len));
                    }
                    drop(g);
                    ps[*p].cv.notify_all();
                }
                if acks == 0 {
                    continue;
                }
            }
            1 => {
                fetch(&b, &mut q, ver, &mut o, &mut w)?;
                continue;
            }
            _ => return Ok(()),
        }
        let n = (o.len() - 4) as i32;
        o[0..4].copy_from_slice(&n.to_be_bytes());
        w.write_all(&o)?;
    }
}

enum Seg {
    Mem(Arc<Vec<u8>>, usize, usize),
    File(Arc<File>, u64, usize),
}

fn fetch(b: &Broker, q: &mut Rd, ver: i16, o: &mut Vec<u8>, w: &mut TcpStream) -> std::io::Result<()> {
    q.i32();
    let wait = q.i32();
    let min = q.i32().max(1) as usize;
    let max = q.i32() as usize;
    q.i8();
    if ver >= 7 {
        q.i32();
        q.i32();
    }
    let n = q.i32();
    let mut req: Vec<(&str, Arc<Vec<P>>, Vec<(i32, i64, usize)>)> = vec![];
    for _ in 0..n {
        let t = q.s();
        let ps = b.topic(t);
        let m = q.i32();
        let v = (0..m)
            .map(|_| {
                let p = q.i32();
                if ver >= 9 {
                    q.i32();
                }
                let off = q.i64();
                if ver >= 5 {
                    q.i64();
                }
                (p, off, q.i32() as usize)
            })
            .collect();
        req.push((t, ps, v));
    }
    let deadline = Instant::now() + Duration::from_millis(wait as u64);
    let head = o.len();
    loop {
        o.truncate(head);
        if ver >= 1 {
            i32b(o, 0);
        }
        if ver >= 7 {
            i16b(o, 0);
            i32b(o, 0);
        }
        i32b(o, req.len() as i32);
        let mut ropes: Vec<(usize, Vec<Seg>)> = vec![]; // position in o after which the segments go
        let mut got = 0usize;
        for (t, ps, v) in &req {
            sb(o, t);
            i32b(o, v.len() as i32);
            for (p, off, pmax) in v {
                let g = ps[*p as usize].m.lock().unwrap();
                i32b(o, *p);
                i16b(o, 0);
                i64b(o, g.next);
                i64b(o, g.next);
                if ver >= 5 {
                    i64b(o, 0);
                }
                i32b(o, -1);
                if ver >= 11 {
                    i32b(o, -1);
                }
                let mut segs = vec![];
                let mut bytes = 0usize;
                if *off < g.next && got < max {
                    let mut i = g.idx.partition_point(|e| e.0 + e.1 <= *off);
                    let first = i;
                    let lim = (*pmax).min(max - got);
                    while i < g.idx.len() && (bytes == 0 || bytes + g.idx[i].3 as usize <= lim) {
                        bytes += g.idx[i].3 as usize;
                        i += 1;
                    }
                    if b.mode == 1 {
                        for k in first..i {
                            segs.push(Seg::Mem(g.mem[k].clone(), g.pos[k].0, g.pos[k].1));
                        }
                    }
                    if b.mode == 2 {
                        segs.push(Seg::File(g.file.clone().unwrap(), g.idx[first].2, bytes));
                    }
                }
                i32b(o, bytes as i32);
                got += bytes;
                ropes.push((o.len(), segs));
            }
        }
        let now = Instant::now();
        if got < min && now < deadline {
            // long poll on the first partition (a consumer of many partitions re-checks every 2 ms)
            let (_, ps, v) = &req[0];
            let single = req.len() == 1 && v.len() == 1;
            let p = &ps[v[0].0 as usize];
            let g = p.m.lock().unwrap();
            if g.next <= v[0].1 {
                let d = if single { deadline - now } else { Duration::from_millis(2).min(deadline - now) };
                let _ = p.cv.wait_timeout(g, d).unwrap();
            }
            continue;
        }
        let total = o.len() + got - 4;
        o[0..4].copy_from_slice(&(total as i32).to_be_bytes());
        let mut from = 0usize;
        let mut slices: Vec<&[u8]> = vec![];
        let mut files = vec![];
        for (at, segs) in &ropes {
            slices.push(&o[from..*at]);
            from = *at;
            for s in segs {
                match s {
                    Seg::Mem(a, p, l) => slices.push(&a[*p..p + l]),
                    Seg::File(f, p, l) => {
                        flush(w, &mut slices, true)?;
                        sendfile(w, f, *p, *l)?;
                        files.push(());
                    }
                }
            }
        }
        if from < o.len() {
            slices.push(&o[from..]);
        }
        flush(w, &mut slices, false)?;
        return Ok(());
    }
}
fn flush(w: &mut TcpStream, s: &mut Vec<&[u8]>, more: bool) -> std::io::Result<()> {
    if more && s.len() == 1 {
        let mut d = s[0];
        while !d.is_empty() {
            let r =
                unsafe { libc::send(w.as_raw_fd(), d.as_ptr().cast(), d.len(), libc::MSG_MORE | libc::MSG_NOSIGNAL) };
            if r < 0 {
                return Err(std::io::Error::last_os_error());
            }
            d = &d[r as usize..];
        }
        s.clear();
        return Ok(());
    }
    let mut v: Vec<IoSlice> = s.iter().filter(|x| !x.is_empty()).map(|x| IoSlice::new(x)).collect();
    let mut v = &mut v[..];
    while !v.is_empty() {
        let k = v.len().min(1024);
        let n = w.write_vectored(&v[..k])?;
        IoSlice::advance_slices(&mut v, n);
    }
    s.clear();
    Ok(())
}
fn sendfile(w: &TcpStream, f: &File, at: u64, len: usize) -> std::io::Result<()> {
    let (mut o, end) = (at as i64, at as i64 + len as i64);
    while o < end {
        let r = unsafe { libc::sendfile(w.as_raw_fd(), f.as_raw_fd(), &mut o, (end - o) as usize) };
        if r <= 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(())
}
