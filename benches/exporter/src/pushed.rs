//! Clients that listen over a WebSocket, and how long after its second each of them has the frame.

use std::{
    io::{self, BufReader, Read, Write},
    process::{Command, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use perfmon::macro_support as p;
use perfmon_benches_harness::{pin, process_cpu};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
};

use crate::{duration, resident, sites};

const SITES: usize = 100;
const CLIENTS: [usize; 2] = [1_000, 10_000];
/// Seconds that are measured, after some to settle.
const SECONDS: usize = 20;
const SETTLE: Duration = Duration::from_secs(3);
/// More clients, that read nothing.
const STALLED: usize = 10;

/// An exporter in this process on one core, its clients in another process on the other.
pub(crate) fn run() -> io::Result<()> {
    for site in sites(SITES) {
        (0..100).for_each(|call| p::record(site, duration(call)));
    }
    perfmon::observe("cpu_load", || 12.5);
    CLIENTS.into_iter().try_for_each(measure)
}

fn measure(clients: usize) -> io::Result<()> {
    // The exporter gives WebSocket clients a quarter of the files.
    let allowed = allow_files(4 * (clients + STALLED))? / 4 - STALLED;
    if allowed < clients {
        println!("{clients} clients need more open files than are allowed (ulimit -n); so many as may be:");
    }
    let clients = clients.min(allowed);
    pin(1);
    let exporter = perfmon::exporter::builder().listen("127.0.0.1:0").start().map_err(io::Error::other)?;
    let before = resident();
    let mut listeners = Command::new(std::env::current_exe()?)
        .args(["listen", &exporter.address().to_string(), &clients.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut output = BufReader::new(listeners.stdout.take().ok_or_else(|| io::Error::other("no output"))?);
    let mut ready = [0];
    output.read_exact(&mut ready)?;
    let (cpu, begun, memory) = (process_cpu(), Instant::now(), resident());
    let mut text = String::new();
    output.read_to_string(&mut text)?;
    let cpu = (process_cpu() - cpu) as f64 / 1e9 / begun.elapsed().as_secs_f64();
    listeners.wait()?;
    println!(
        "{clients} WebSocket clients at 1 Hz, a metric and a site each, and {STALLED} that read nothing: {}; the exporter takes {:.1} % of one core, \
         {:.1} µs for each a second, and {:.1} KiB for each.",
        text.trim(),
        cpu * 100.0,
        cpu * 1e6 / clients as f64,
        memory.saturating_sub(before) as f64 / 1024.0 / clients as f64,
    );
    Ok(())
}

/// The clients, on one thread.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn listen(address: &str, clients: &str) -> io::Result<()> {
    pin(0);
    let clients: usize = clients.parse().map_err(io::Error::other)?;
    allow_files(4 * (clients + STALLED))?;
    let mut stalled = Vec::new();
    for _ in 0..STALLED {
        stalled.push(connect(address).await?);
    }
    let (told, mut frames) = mpsc::unbounded_channel();
    for _ in 0..clients {
        let (stream, told) = (connect(address).await?, told.clone());
        tokio::spawn(async move {
            let mut stream = tokio::io::BufReader::new(stream);
            while let Some(frame) = next(&mut stream).await? {
                let _ = told.send(frame);
            }
            Ok::<_, io::Error>(())
        });
    }
    // By the frame's own time: who subscribes gets the last second's at once, which is as old as that second is, and connecting takes long on a busy machine.
    let from = now()? + SETTLE;
    let mut found = Vec::with_capacity(SECONDS * clients);
    while found.len() < SECONDS * clients {
        let frame: Frame = frames.recv().await.ok_or_else(|| io::Error::other("all connections have ended"))?;
        if frame.told < from {
            continue;
        }
        if found.is_empty() {
            print!("r");
            io::stdout().flush()?;
        }
        found.push(frame.delay);
    }
    found.sort_unstable();
    let at = |part: f64| found[((found.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!("frames arrive after p50 {:.1} ms, p99 {:.1} ms (bar: 100), at most {:.1} ms", at(0.5), at(0.99), at(1.0));
    Ok(())
}

async fn connect(address: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    if !head.starts_with(b"HTTP/1.1 101") {
        return Err(io::Error::other(String::from_utf8_lossy(&head).into_owned()));
    }
    for topic in ["\"metric_name\":\"cpu_load\"", "\"site\":\"site 7\""] {
        let text = format!("{{\"type\":\"subscribe\",{topic}}}");
        // A text frame under a mask of zeros, which leaves it as it is.
        let mut frame = vec![0x81, 0x80 | text.len() as u8, 0, 0, 0, 0];
        frame.extend_from_slice(text.as_bytes());
        stream.write_all(&frame).await?;
    }
    Ok(stream)
}

/// A frame that arrived.
struct Frame {
    /// When its second was, since 1970.
    told: Duration,
    /// How long after that it was there.
    delay: Duration,
}

fn now() -> io::Result<Duration> {
    SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)
}

/// The next frame of the site, which is the last of its second; `None` when the exporter says goodbye.
async fn next(stream: &mut (impl AsyncReadExt + Unpin)) -> io::Result<Option<Frame>> {
    const MARK: &str = "\"site\":\"site 7\",\"timestamp\":";
    loop {
        let (first, second) = (stream.read_u8().await?, stream.read_u8().await?);
        let length = match second {
            126 => usize::from(stream.read_u16().await?),
            short => usize::from(short),
        };
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        if first == 0x88 {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&body);
        let Some(at) = text.find(MARK) else { continue };
        let digits: String = text[at + MARK.len()..].chars().take_while(|digit| *digit != ',').collect();
        let told = Duration::from_secs_f64(digits.parse().map_err(io::Error::other)?);
        return Ok(Some(Frame { told, delay: now()?.saturating_sub(told) }));
    }
}

/// Allows this process as many files, or as many as the system lets it; gives how many that is.
fn allow_files(wanted: usize) -> io::Result<usize> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain values in, plain values out.
    let (got, set) = unsafe {
        let got = libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit);
        let more =
            libc::rlimit { rlim_cur: limit.rlim_cur.max(wanted as u64), rlim_max: limit.rlim_max.max(wanted as u64) };
        let within = libc::rlimit { rlim_cur: limit.rlim_max, rlim_max: limit.rlim_max };
        let set = libc::setrlimit(libc::RLIMIT_NOFILE, &raw const more);
        let set = if set == 0 { set } else { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const within) };
        (got, set | libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit))
    };
    if got != 0 || set != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX))
}
