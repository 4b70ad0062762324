//! Measuring tools, shared helpers: CPU clocks, percentiles, a v2 RecordBatch builder.
use std::time::Instant;

pub fn cpu_thread() -> f64 {
    clock(libc::CLOCK_THREAD_CPUTIME_ID)
}
pub fn cpu_process() -> f64 {
    clock(libc::CLOCK_PROCESS_CPUTIME_ID)
}
fn clock(id: libc::clockid_t) -> f64 {
    let mut ts = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(id, &mut ts) };
    ts.tv_sec as f64 + ts.tv_nsec as f64 * 1e-9
}
/// utime+stime of another process, in seconds (10 ms granularity).
pub fn cpu_of(pid: i32) -> f64 {
    let s = match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(s) => s,
        Err(_) => return 0.0,
    };
    let t = &s[s.rfind(')').unwrap() + 2..];
    let f: Vec<&str> = t.split(' ').collect();
    (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0
}
pub fn pct(sorted: &[u64], p: f64) -> u64 {
    if sorted.is_empty() {
        return 0;
    }
    let i = ((sorted.len() as f64 * p / 100.0).ceil() as usize).clamp(1, sorted.len()) - 1;
    sorted[i]
}
pub fn rand_bytes(n: usize, mut seed: u64) -> Vec<u8> {
    let mut v = Vec::with_capacity(n + 8);
    while v.len() < n {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        v.extend_from_slice(&seed.to_le_bytes());
    }
    v.truncate(n);
    v
}
fn varint(out: &mut Vec<u8>, v: i64) {
    let mut z = ((v << 1) ^ (v >> 63)) as u64;
    loop {
        let b = (z & 0x7f) as u8;
        z >>= 7;
        if z == 0 {
            out.push(b);
            break;
        }
        out.push(b | 0x80);
    }
}
/// One uncompressed magic-2 batch with `n` records whose values are `value` bytes long.
pub fn batch(n: usize, value: usize) -> Vec<u8> {
    let val = rand_bytes(value, 0x9E3779B97F4A7C15);
    let mut recs = Vec::with_capacity(n * (value + 16));
    let mut tmp = Vec::new();
    for i in 0..n {
        tmp.clear();
        tmp.push(0); // attributes
        varint(&mut tmp, 0); // timestamp delta
        varint(&mut tmp, i as i64); // offset delta
        varint(&mut tmp, -1); // null key
        varint(&mut tmp, value as i64);
        tmp.extend_from_slice(&val);
        varint(&mut tmp, 0); // headers
        varint(&mut recs, tmp.len() as i64);
        recs.extend_from_slice(&tmp);
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    let mut b = Vec::with_capacity(61 + recs.len());
    b.extend_from_slice(&0i64.to_be_bytes());
    b.extend_from_slice(&((49 + recs.len()) as i32).to_be_bytes());
    b.extend_from_slice(&(-1i32).to_be_bytes()); // partition leader epoch
    b.push(2); // magic
    b.extend_from_slice(&0u32.to_be_bytes()); // crc, filled below
    b.extend_from_slice(&0i16.to_be_bytes()); // attributes
    b.extend_from_slice(&((n - 1) as i32).to_be_bytes());
    b.extend_from_slice(&now.to_be_bytes());
    b.extend_from_slice(&now.to_be_bytes());
    b.extend_from_slice(&(-1i64).to_be_bytes());
    b.extend_from_slice(&(-1i16).to_be_bytes());
    b.extend_from_slice(&(-1i32).to_be_bytes());
    b.extend_from_slice(&(n as i32).to_be_bytes());
    b.extend_from_slice(&recs);
    let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, &b[21..]) as u32;
    b[17..21].copy_from_slice(&crc.to_be_bytes());
    b
}
/// `--name value` argument lookup.
pub fn arg(name: &str, default: &str) -> String {
    let a: Vec<String> = std::env::args().collect();
    let k = format!("--{name}");
    a.iter().position(|x| *x == k).and_then(|i| a.get(i + 1).cloned()).unwrap_or_else(|| default.to_string())
}
pub fn argn<T: std::str::FromStr>(name: &str, default: T) -> T {
    arg(name, "").parse().unwrap_or(default)
}
pub fn secs(t: Instant) -> f64 {
    t.elapsed().as_secs_f64()
}
