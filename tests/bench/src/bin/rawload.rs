//! rawload: a Kafka-protocol load generator that spends almost nothing itself.
//! Requests are encoded once; per request only the correlation id is patched and one write() is made.
//! Fetched bytes are dropped in the kernel with recv(MSG_TRUNC) unless --copy 1.
//! So: broker CPU per GiB, and broker throughput, are seen with hardly any client in the way.
//!
//!   rawload ready   --addr H:P [--timeout-ms 60000]       spawn-to-first-ApiVersions helper: prints ms waited
//!   rawload create  --addr H:P --topic T --partitions N   CreateTopics v2
//!   rawload produce --addr H:P --topic T --partitions N --conns C --inflight K --record 1024 --batch 65536
//!                   --acks 1 --mib 1024 [--pid BROKER_PID]
//!   rawload fetch   --addr H:P --topic T --partitions N --conns C --record 1024 --batch 65536 (as produced)
//!                   --max 1048576 --mib 1024 [--copy 1] [--pid BROKER_PID]
//! Versions used: ApiVersions 0, CreateTopics 2, Produce 7, Fetch 11 (all accepted by Kafka 2.1 .. 4.x).
//! Each connection k owns partitions p with p % conns == k.
use logboat_bench::*;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

fn str16(o: &mut Vec<u8>, s: &str) {
    o.extend_from_slice(&(s.len() as i16).to_be_bytes());
    o.extend_from_slice(s.as_bytes());
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
fn head(key: i16, ver: i16) -> Vec<u8> {
    let mut o = vec![0, 0, 0, 0];
    i16b(&mut o, key);
    i16b(&mut o, ver);
    i32b(&mut o, 0);
    str16(&mut o, "rawload");
    o
}
fn seal(mut o: Vec<u8>) -> Vec<u8> {
    let n = (o.len() - 4) as i32;
    o[0..4].copy_from_slice(&n.to_be_bytes());
    o
}
fn be32(b: &[u8]) -> i32 {
    i32::from_be_bytes(b[..4].try_into().unwrap())
}
fn be16(b: &[u8]) -> i16 {
    i16::from_be_bytes(b[..2].try_into().unwrap())
}

fn conn(addr: &str) -> TcpStream {
    let s = TcpStream::connect(addr).expect("connect");
    s.set_nodelay(true).unwrap();
    s
}
fn call(s: &mut TcpStream, req: &[u8]) -> std::io::Result<Vec<u8>> {
    s.write_all(req)?;
    let mut l = [0u8; 4];
    s.read_exact(&mut l)?;
    let mut b = vec![0u8; be32(&l) as usize];
    s.read_exact(&mut b)?;
    Ok(b)
}

fn main() {
    let addr = arg("addr", "127.0.0.1:9092");
    let topic = arg("topic", "raw");
    match std::env::args().nth(1).as_deref() {
        Some("ready") => {
            let t = Instant::now();
            let lim = Duration::from_millis(argn("timeout-ms", 60000));
            let req = seal(head(18, 0));
            loop {
                if let Ok(mut s) = TcpStream::connect(&addr) {
                    s.set_read_timeout(Some(Duration::from_millis(2000))).unwrap();
                    if let Ok(b) = call(&mut s, &req) {
                        if b.len() > 10 && be16(&b[4..]) == 0 {
                            break;
                        }
                    }
                }
                if t.elapsed() > lim {
                    eprintln!("not ready");
                    std::process::exit(1);
                }
                std::thread::sleep(Duration::from_micros(200));
            }
            println!("{:.2}", secs(t) * 1e3);
        }
        // rawload spawn --addr H:P --reps N -- COMMAND ...: exec to first good ApiVersions answer, and to a first
        // acknowledged Produce on a fresh topic, in ms. The child is killed after each repetition.
        Some("spawn") => {
            let a: Vec<String> = std::env::args().collect();
            let cmd = &a[a.iter().position(|x| x == "--").expect("-- COMMAND") + 1..];
            let req = seal(head(18, 0));
            let (mut v, mut c) = (vec![], vec![]);
            for _ in 0..argn::<usize>("reps", 7) {
                let t = Instant::now();
                let mut p = std::process::Command::new(&cmd[0])
                    .args(&cmd[1..])
                    .stdout(std::process::Stdio::null())
                    .stderr(std::process::Stdio::null())
                    .spawn()
                    .unwrap();
                loop {
                    if let Ok(mut s) = TcpStream::connect(&addr) {
                        s.set_read_timeout(Some(Duration::from_millis(2000))).unwrap();
                        if let Ok(b) = call(&mut s, &req) {
                            if b.len() > 10 && be16(&b[4..]) == 0 {
                                break;
                            }
                        }
                    }
                    if t.elapsed() > Duration::from_secs(60) {
                        eprintln!("not ready");
                        break;
                    }
                    std::thread::sleep(Duration::from_micros(100));
                }
                v.push((secs(t) * 1e6) as u64);
                c.push((cpu_of(p.id() as i32) * 1e6) as u64);
                let _ = p.kill();
                let _ = p.wait();
                std::thread::sleep(Duration::from_millis(50));
            }
            v.sort_unstable();
            c.sort_unstable();
            println!(
                "{{\"op\":\"spawn\",\"cmd\":\"{}\",\"min_ms\":{:.2},\"median_ms\":{:.2},\"max_ms\":{:.2},\"cpu_ms_median\":{:.0}}}",
                cmd[0],
                v[0] as f64 / 1e3,
                pct(&v, 50.0) as f64 / 1e3,
                v[v.len() - 1] as f64 / 1e3,
                pct(&c, 50.0) as f64 / 1e3
            );
        }
        Some("create") => {
            let n: i32 = argn("partitions", 1);
            let mut o = head(19, 2);
            i32b(&mut o, 1);
            str16(&mut o, &topic);
            i32b(&mut o, n);
            i16b(&mut o, 1);
            i32b(&mut o, 0);
            i32b(&mut o, 0);
            i32b(&mut o, 30000);
            o.push(0);
            let t = Instant::now();
            let b = call(&mut conn(&addr), &seal(o)).unwrap();
            let at = 4 + 4 + 4 + 2 + topic.len();
            println!(
                "{{\"create\":\"{topic}\",\"partitions\":{n},\"error\":{},\"ms\":{:.1}}}",
                be16(&b[at..]),
                secs(t) * 1e3
            );
        }
        // rawload fdatasync --path FILE --secs N: 4 KiB written over blocks that were written before, flushed each time
        Some("fdatasync") => fdatasync(),
        Some("produce") => run(true, addr, topic),
        Some("fetch") => run(false, addr, topic),
        _ => eprintln!("rawload ready|create|produce|fetch"),
    }
}

fn fdatasync() {
    use std::os::unix::fs::FileExt;
    let path = arg("path", "fdatasync.dat");
    let file = std::fs::OpenOptions::new().create(true).write(true).truncate(true).open(&path).unwrap();
    let (block, blocks) = ([7u8; 4096], 4096u64);
    for i in 0..blocks {
        file.write_all_at(&block, i * 4096).unwrap();
    }
    file.sync_all().unwrap();
    let (limit, start, mut lat) = (argn::<f64>("secs", 2.0), Instant::now(), vec![]);
    while secs(start) < limit {
        let t = Instant::now();
        file.write_all_at(&block, (lat.len() as u64 % blocks) * 4096).unwrap();
        file.sync_data().unwrap();
        lat.push(t.elapsed().as_nanos() as u64);
    }
    let wall = secs(start);
    lat.sort_unstable();
    let _ = std::fs::remove_file(path);
    println!(
        "{{\"op\":\"fdatasync\",\"per_s\":{:.0},\"p50_us\":{:.0},\"p99_us\":{:.0}}}",
        lat.len() as f64 / wall,
        pct(&lat, 50.0) as f64 / 1e3,
        pct(&lat, 99.0) as f64 / 1e3
    );
}

fn run(produce: bool, addr: String, topic: String) {
    let parts: usize = argn("partitions", 1);
    let conns: usize = argn("conns", 1usize);
    let record: usize = argn("record", 1024);
    let want: usize = argn("batch", 65536);
    let total: usize = argn::<usize>("mib", 1024) << 20;
    let pid: i32 = argn("pid", 0);
    let nrec = (want / (record + 8)).max(1);
    let b = batch(nrec, record);
    let (cpu0, bc0, t0) = (cpu_process(), if pid > 0 { cpu_of(pid) } else { 0.0 }, Instant::now());
    let mut hs = vec![];
    for k in 0..conns {
        let (addr, topic, b) = (addr.clone(), topic.clone(), b.clone());
        let my: Vec<usize> =
            if conns > parts { vec![k % parts] } else { (0..parts).filter(|p| p % conns == k).collect() };
        hs.push(std::thread::spawn(move || {
            if produce {
                producer(&addr, &topic, &my, &b, total / conns)
            } else {
                fetcher(&addr, &topic, &my, b.len(), nrec, total / conns)
            }
        }));
    }
    let mut lat = vec![];
    let mut bytes = 0usize;
    let mut errs = 0;
    for h in hs {
        let (l, n, e) = h.join().unwrap();
        lat.extend(l);
        bytes += n;
        errs += e;
    }
    let w = secs(t0);
    // the broker may still be flushing; give the 10 ms CPU clock a moment
    std::thread::sleep(Duration::from_millis(30));
    let (cpu, bc) = (cpu_process() - cpu0, if pid > 0 { cpu_of(pid) - bc0 } else { 0.0 });
    lat.sort_unstable();
    let g = bytes as f64 / (1u64 << 30) as f64;
    println!(
        "{{\"op\":\"{}\",\"topic\":\"{topic}\",\"partitions\":{parts},\"conns\":{conns},\"batch_bytes\":{},\"records_per_batch\":{nrec},\"record\":{record},\"GiB\":{g:.3},\"wall_s\":{w:.3},\"MB_s\":{:.1},\"req_s\":{:.0},\"msgs_s\":{:.0},\"p50_us\":{:.0},\"p99_us\":{:.0},\"p999_us\":{:.0},\"client_cpu_s_per_GiB\":{:.3},\"broker_cpu_s\":{bc:.2},\"broker_cpu_s_per_GiB\":{:.3},\"errors\":{errs}}}",
        if produce { "produce" } else { "fetch" },
        b.len(),
        bytes as f64 / 1e6 / w,
        lat.len() as f64 / w,
        (bytes / b.len() * nrec) as f64 / w,
        pct(&lat, 50.0) as f64 / 1e3,
        pct(&lat, 99.0) as f64 / 1e3,
        pct(&lat, 99.9) as f64 / 1e3,
        cpu / g,
        bc / g
    );
}

fn producer(addr: &str, topic: &str, my: &[usize], batch: &[u8], total: usize) -> (Vec<u64>, usize, usize) {
    let acks: i16 = argn("acks", 1);
    let inflight: usize = argn("inflight", 5);
    let rate: f64 = argn("rate", 0.0); // requests/s per connection; 0 = closed loop
    let reqs: Vec<Vec<u8>> = my
        .iter()
        .map(|p| {
            let mut o = head(0, 7);
            i16b(&mut o, -1);
            i16b(&mut o, acks);
            i32b(&mut o, 30000);
            i32b(&mut o, 1);
            str16(&mut o, topic);
            i32b(&mut o, 1);
            i32b(&mut o, *p as i32);
            i32b(&mut o, batch.len() as i32);
            o.extend_from_slice(batch);
            seal(o)
        })
        .collect();
    let s = conn(addr);
    let mut w = s.try_clone().unwrap();
    let mut r = std::io::BufReader::new(s);
    let n = (total / batch.len()).max(1);
    let at = 4 + 4 + 2 + topic.len() + 4 + 4;
    let mut reqs = reqs;
    let mut sent: std::collections::VecDeque<Instant> = Default::default();
    let (mut lat, mut errs, mut out) = (Vec::with_capacity(n), 0usize, vec![0u8; 4096]);
    let start = Instant::now();
    let (mut i, mut got) = (0usize, 0usize);
    while got < n {
        while i < n && sent.len() < inflight {
            let mut now = Instant::now();
            if rate > 0.0 {
                let due = start + Duration::from_secs_f64(i as f64 / rate);
                if due > now {
                    if !sent.is_empty() {
                        break;
                    }
                    std::thread::sleep(due - now);
                }
                now = due; // no coordinated omission: latency counts from the intended time
            }
            let k = i % reqs.len();
            let q = &mut reqs[k];
            q[8..12].copy_from_slice(&(i as i32).to_be_bytes());
            w.write_all(q).unwrap();
            sent.push_back(now);
            i += 1;
        }
        if acks == 0 {
            got += sent.len();
            sent.clear();
            continue;
        }
        let mut l = [0u8; 4];
        r.read_exact(&mut l).unwrap();
        let len = be32(&l) as usize;
        if out.len() < len {
            out.resize(len, 0);
        }
        r.read_exact(&mut out[..len]).unwrap();
        assert_eq!(be32(&out), got as i32, "correlation order");
        let e = be16(&out[at..]);
        if e != 0 {
            if errs == 0 {
                eprintln!("produce error {e}");
            }
            errs += 1;
        }
        lat.push(sent.pop_front().unwrap().elapsed().as_nanos() as u64);
        got += 1;
    }
    (lat, n * batch.len(), errs)
}

fn fetcher(addr: &str, topic: &str, my: &[usize], blen: usize, nrec: usize, total: usize) -> (Vec<u64>, usize, usize) {
    let max: i32 = argn("max", 1 << 20);
    let copy: usize = argn("copy", 0);
    let mut s = conn(addr);
    let mut off: Vec<i64> = vec![0; my.len()];
    let (mut lat, mut bytes, mut errs, mut empty) = (vec![], 0usize, 0usize, 0usize);
    let mut buf = vec![0u8; 1 << 20];
    // fixed prefix of a one-partition Fetch v11 response, when it has no aborted transactions
    let hdr = 4 + 4 + 2 + 4 + 4 + 2 + topic.len() + 4 + 4 + 2 + 8 + 8 + 8 + 4 + 4 + 4;
    let mut i = 0usize;
    while bytes < total {
        let k = i % my.len();
        i += 1;
        let mut o = head(1, 11);
        i32b(&mut o, -1);
        i32b(&mut o, 500);
        i32b(&mut o, 1);
        i32b(&mut o, max);
        o.push(0);
        i32b(&mut o, 0);
        i32b(&mut o, -1);
        i32b(&mut o, 1);
        str16(&mut o, topic);
        i32b(&mut o, 1);
        i32b(&mut o, my[k] as i32);
        i32b(&mut o, -1);
        i64b(&mut o, off[k]);
        i64b(&mut o, -1);
        i32b(&mut o, max);
        i32b(&mut o, 0);
        str16(&mut o, "");
        let o = seal(o);
        let t = Instant::now();
        s.write_all(&o).unwrap();
        let mut h = vec![0u8; 4];
        s.read_exact(&mut h).unwrap();
        let flen = be32(&h) as usize;
        h.resize(hdr, 0);
        s.read_exact(&mut h[..hdr.min(flen)]).unwrap();
        let e = be16(&h[4 + 4 + 2 + 4 + 4 + 2 + topic.len() + 4 + 4..]);
        // aborted-transactions array may be null (-1) or empty (0): both have no entries
        let rlen = be32(&h[hdr - 4..]).max(0) as usize;
        let mut left = flen - hdr.min(flen);
        while left > 0 {
            let r = if copy == 1 {
                s.read(&mut buf[..left.min(1 << 20)]).unwrap()
            } else {
                let r =
                    unsafe { libc::recv(s.as_raw_fd(), buf.as_mut_ptr().cast(), left.min(1 << 20), libc::MSG_TRUNC) };
                assert!(r > 0);
                r as usize
            };
            if r == 0 {
                panic!("eof");
            }
            left -= r;
        }
        lat.push(t.elapsed().as_nanos() as u64);
        if e != 0 {
            errs += 1;
            if errs == 1 {
                eprintln!("fetch error {e} at {}", off[k]);
            }
            if errs > 10 {
                break;
            }
        }
        let nb = rlen / blen;
        if nb == 0 {
            empty += 1;
            off[k] = 0;
            if empty > my.len() * 3 + 20 {
                eprintln!("no data: rlen {rlen} blen {blen}");
                break;
            }
            continue;
        }
        off[k] += (nb * nrec) as i64;
        bytes += rlen;
        // start over at the end of the log, so that a read of any size needs no long poll
        let hw = i64::from_be_bytes(h[4 + 4 + 2 + 4 + 4 + 2 + topic.len() + 4 + 4 + 2..][..8].try_into().unwrap());
        if off[k] >= hw {
            off[k] = 0;
        }
    }
    (lat, bytes, errs)
}
