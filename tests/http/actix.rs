//! The middleware in a real actix-web server. In a process of its own: actix has a runtime of its own kind.

use std::{
    convert::Infallible,
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpResponse, HttpServer, error,
    middleware::from_fn,
    web::{self, Bytes},
};
use futures::{StreamExt, stream};
use perfmon::{
    http::{Endpoint, actix::Monitor, endpoints},
    monitor_request, snapshot,
};

/// The middleware knows better how it went.
#[monitor_request("GET", "/verdict/{status}", labels(status_asked = *status))]
async fn verdict(status: web::Path<u16>) -> Result<HttpResponse, error::Error> {
    match *status {
        404 => Err(error::ErrorNotFound("nothing")),
        status => Ok(HttpResponse::build(status.try_into().expect("a status")).finish()),
    }
}

fn server() -> std::net::SocketAddr {
    let (told, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let app = || {
            App::new()
                .wrap(Monitor::new().error_when(|status| status.is_server_error() || status == 418))
                .service(web::scope("/orders").route("/{id}", web::get().to(async || "an order")))
                .route("/echo", web::post().to(async |body: Bytes| body))
                .route("/verdict/{status}", web::get().to(verdict))
                .route("/teapot", web::get().to(async || HttpResponse::ImATeapot().finish()))
                .route("/error", web::get().to(async || Err::<&str, _>(error::ErrorServiceUnavailable("down"))))
                .route("/panic", web::get().to(async || -> &str { panic!("on purpose") }))
                .route("/never", web::get().to(async || std::future::pending::<HttpResponse>().await))
                .route(
                    "/refused",
                    web::get().to(async || "unseen").wrap(from_fn(
                        async |_, _: actix_web::middleware::Next<actix_web::body::BoxBody>| {
                            Err::<actix_web::dev::ServiceResponse, _>(error::ErrorUnauthorized("who are you?"))
                        },
                    )),
                )
                .route(
                    "/endless",
                    web::get().to(async || {
                        let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"0123456789"))]);
                        HttpResponse::Ok().streaming(first.chain(stream::pending()))
                    }),
                )
        };
        let server = HttpServer::new(app).workers(1).disable_signals().h1_allow_half_closed(false);
        let server = server.bind("127.0.0.1:0").expect("a port");
        told.send(server.addrs()[0]).expect("the test waits");
        actix_web::rt::System::new().block_on(server.run())
    });
    address.recv().expect("it started")
}

/// Sends a request and reads until the server closes.
fn ask(address: std::net::SocketAddr, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .expect("written");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

/// An endpoint, once so many of its requests have ended.
// The limit is of real time.
#[allow(clippy::disallowed_methods)]
#[track_caller]
fn endpoint(method: &str, route: &str, ended: u64) -> Endpoint {
    let start = Instant::now();
    loop {
        let all = endpoints(&snapshot());
        let found = all.iter().find(|endpoint| endpoint.method == method && endpoint.route == route);
        if let Some(found) = found.filter(|found| found.count == ended && found.in_flight == 0) {
            return found.clone();
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{method} {route} in {all:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn outcomes(method: &str, route: &str, ended: u64) -> (u64, u64, u64) {
    let found = endpoint(method, route, ended);
    (found.errors, found.panics, found.cancelled)
}

#[test]
fn actix_is_measured_as_the_others_are() {
    let address = server();
    for id in 0..5 {
        let answer = ask(address, "GET", &format!("/orders/{id}"), "");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("an order"), "{answer}");
        assert!(answer.contains("server-timing: total;dur=") && answer.contains("x-response-time: "), "{answer}");
    }
    let orders = endpoint("GET", "/orders/{id}", 5);
    assert_eq!((orders.errors, orders.statuses), (0, vec![("200".to_owned(), 5)]));
    assert_eq!(orders.response_bytes.map(|sizes| sizes.total), Some(40));
    assert_eq!(orders.request_bytes, None, "none of them had a body");

    let long = "x".repeat(100_000);
    assert!(ask(address, "POST", "/echo", &long).ends_with(&long));
    let echo = endpoint("POST", "/echo", 1);
    assert_eq!(echo.request_bytes.map(|sizes| sizes.total), Some(100_000));
    assert_eq!(echo.response_bytes.map(|sizes| sizes.total), Some(100_000));

    assert!(ask(address, "HEAD", "/nowhere", "").starts_with("HTTP/1.1 404"));
    assert!(ask(address, "BREW", "/no/where", "").starts_with("HTTP/1.1 404"));
    assert_eq!(outcomes("HEAD", "unmatched", 1), (0, 0, 0));
    assert_eq!(outcomes("_OTHER", "unmatched", 1), (0, 0, 0));
    for status in ["200", "404", "503"] {
        ask(address, "GET", &format!("/verdict/{status}"), "");
    }
    let verdict = endpoint("GET", "/verdict/{status}", 3);
    assert_eq!((verdict.errors, verdict.cancelled), (1, 0));
    assert_eq!(verdict.statuses, ["200", "404", "503"].map(|status| (status.to_owned(), 1)));
    ask(address, "GET", "/teapot", "");
    assert_eq!(outcomes("GET", "/teapot", 1), (1, 0, 0));
    assert!(ask(address, "GET", "/error", "").starts_with("HTTP/1.1 503"));
    assert_eq!(outcomes("GET", "/error", 1), (1, 0, 0));
    assert!(ask(address, "GET", "/refused", "").starts_with("HTTP/1.1 401"));
    let refused = endpoint("GET", "/refused", 1);
    assert_eq!((refused.errors, refused.statuses), (0, vec![("401".to_owned(), 1)]));
    assert_eq!(refused.response_bytes, None, "actix makes it");
    ask(address, "GET", "/panic", "");
    assert_eq!(outcomes("GET", "/panic", 1), (1, 1, 0));

    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").expect("written");
    let (mut seen, mut piece) = (Vec::new(), [0; 512]);
    while !seen.ends_with(b"0123456789\r\n") {
        let read = stream.read(&mut piece).expect("a response");
        seen.extend_from_slice(&piece[..read]);
        assert_ne!(read, 0);
    }
    drop(stream);
    let endless = endpoint("GET", "/endless", 1);
    assert_eq!((endless.cancelled, endless.response_bytes.map(|sizes| sizes.total)), (1, Some(10)));

    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n").expect("written");
    stream.write_all(&[b'x'; 100]).expect("written");
    drop(stream);
    assert_eq!(outcomes("POST", "/echo", 2), (0, 0, 1));

    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(b"GET /never HTTP/1.1\r\nhost: x\r\n\r\n").expect("written");
    while snapshot().get("GET /never").is_none_or(|site| site.in_flight() == 0) {
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(stream);
    assert_eq!(outcomes("GET", "/never", 1), (0, 0, 1));
}
