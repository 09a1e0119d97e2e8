//! The table's side of a worker: lines over its pipes. Lines that do not begin with `@` are the library's own and ignored.

use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// How many threads call what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One thread.
    One,
    /// Two threads, one call site.
    Same,
    /// Two threads, a call site each.
    Apart,
}

impl Mode {
    pub const ALL: [Self; 3] = [Self::One, Self::Same, Self::Apart];

    pub(crate) fn threads(self) -> u64 {
        if self == Self::One { 1 } else { 2 }
    }
}

/// Nanoseconds per call, and of two bare timestamp reads just before.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    pub base_wall: f64,
    pub base_cpu: f64,
    pub wall: f64,
    /// Of the whole process.
    pub cpu: f64,
}

/// A process that measures the cases of one library.
pub struct Worker {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub cases: Vec<String>,
}

impl Worker {
    /// Starts it and waits until it has warmed up.
    ///
    /// # Errors
    /// When it does not start, or ends before it is ready.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (questions, answers) = child.stdin.take().zip(child.stdout.take()).expect("both are piped");
        let mut worker = Self { child, questions, answers: BufReader::new(answers), cases: Vec::new() };
        loop {
            let line = worker.answer()?;
            match line.strip_prefix("case ") {
                Some(case) => worker.cases.push(case.to_owned()),
                None => return Ok(worker),
            }
        }
    }

    fn answer(&mut self) -> io::Result<String> {
        loop {
            let mut line = String::new();
            if self.answers.read_line(&mut line)? == 0 {
                return Err(io::Error::other(format!("a worker ended early: {}", self.child.wait()?)));
            }
            if let Some(answer) = line.trim_end().strip_prefix('@') {
                return Ok(answer.to_owned());
            }
        }
    }

    fn ask(&mut self, question: &str) -> io::Result<String> {
        writeln!(self.questions, "{question}")?;
        self.answer()
    }

    /// Measures a case once.
    ///
    /// # Errors
    /// When the worker ends, or answers nonsense.
    pub fn measure(&mut self, case: usize, mode: Mode) -> io::Result<Measured> {
        let answer = self.ask(&format!("run {case} {}", mode as usize))?;
        let figures: Vec<f64> = answer.split(' ').filter_map(|figure| figure.parse().ok()).collect();
        match figures[..] {
            [base_wall, base_cpu, wall, cpu] => Ok(Measured { base_wall, base_cpu, wall, cpu }),
            _ => Err(io::Error::other(format!("a worker answered {answer:?}"))),
        }
    }

    /// Ends it; gives what it has to remark.
    ///
    /// # Errors
    /// When the worker has ended before.
    pub fn end(mut self) -> io::Result<Option<String>> {
        let remark = self.ask("remark")?;
        drop(self.questions);
        self.child.wait()?;
        Ok(Some(remark).filter(|remark| !remark.is_empty()))
    }
}
