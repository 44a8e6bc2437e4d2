//! The same log behind HTTP, served by a few lines on a socket.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use commonweal_verify::source::{self, Http, Source, SourceError};
use commonweal_verify::{Options, Verdict, run};

use crate::demo_log::DemoLog;

/// What the server does wrong.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// The first two answers are a 503.
    Busy,
    /// Every body ends after half of its announced length.
    Cut,
}

/// Serves a folder on a port of its own until the test ends; counts its requests.
fn serve(folder: &Path, fault: Fault) -> (String, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicU32::new(0));
    let (counter, folder) = (Arc::clone(&requests), folder.to_owned());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let number = counter.fetch_add(1, Ordering::SeqCst);
            let _ = answer(stream, &folder, fault, number);
        }
    });
    (address, requests)
}

fn answer(mut stream: TcpStream, folder: &Path, fault: Fault, number: u32) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().unwrap_or(Ok(String::new()))?;
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or("/").trim_matches('/');
    let file: PathBuf = folder.join(path);
    let (status, body) = match fs::read(file) {
        _ if fault == Fault::Busy && number < 2 => ("503 Service Unavailable", Vec::new()),
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    let sent = if fault == Fault::Cut {
        length / 2
    } else {
        length
    };
    stream.write_all(&body[..sent])
}

#[test]
fn a_log_behind_http_is_clean_and_then_found_forked() {
    let log = DemoLog::of(300);
    let published = log.publish();
    let (address, _) = serve(published.folder.path(), Fault::None);
    let options = Options {
        state_file: Some(published.state_file()),
        ..Options::default()
    };
    let report = run(source::open(&address).as_ref(), &options, &mut |_| ());
    assert_eq!(report.findings, []);
    assert_eq!(report.verdict(), Verdict::Clean);
    assert_eq!(report.address, format!("{address}/log"));

    let mut forked = DemoLog::of(310);
    forked.entries.remove(5);
    forked.publish_to(&published.log());
    let report = run(&Http::new(&address), &options, &mut |_| ());
    assert_eq!(report.verdict(), Verdict::Discrepancy);
    assert!(report.fork.is_some());
}

#[test]
fn a_busy_server_is_asked_again_and_a_missing_file_is_not() {
    let published = DemoLog::of(5).publish();
    let (address, requests) = serve(published.folder.path(), Fault::Busy);
    let log = Http::new(&address);
    assert!(log.read("vkey", 1_000).is_ok());
    assert_eq!(requests.load(Ordering::SeqCst), 3);
    assert!(matches!(
        log.read("nothing", 1_000),
        Err(SourceError::Missing { .. })
    ));
    assert_eq!(requests.load(Ordering::SeqCst), 4);
    assert!(matches!(
        log.read("checkpoint", 10),
        Err(SourceError::TooLarge { limit: 10, .. })
    ));
}

#[test]
fn cut_answers_and_a_dead_server_cannot_be_judged() {
    let published = DemoLog::of(5).publish();
    let (address, requests) = serve(published.folder.path(), Fault::Cut);
    let report = run(&Http::new(&address), &Options::default(), &mut |_| ());
    assert_eq!(report.verdict(), Verdict::CannotTell);
    assert_eq!(requests.load(Ordering::SeqCst), 3, "retries are bounded");

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let report = run(&Http::new(&address), &Options::default(), &mut |_| ());
    assert_eq!(report.verdict().exit_code(), 2);
}
