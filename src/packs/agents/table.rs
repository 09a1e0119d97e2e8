//! A summary as people read it.

use std::{fmt, time::Duration};

use super::{Calls, Summary, ToolSummary};

/// A table: a line for each agent that did anything, the tools it called below.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = |agent: &&super::AgentSummary| {
            let counts = [agent.runs.finished, agent.runs.running, agent.tokens.input, agent.tokens.output];
            counts.iter().any(|count| *count > 0) || !agent.tools.is_empty()
        };
        let agents: Vec<_> = self.agents.iter().filter(used).collect();
        let tools = || agents.iter().flat_map(|agent| &agent.tools);
        let names = agents.iter().map(|agent| width(&agent.agent)).chain(tools().map(|tool| width(&tool.tool) + 2));
        let name = names.max().unwrap_or(0).max("agent".len());
        writeln!(
            f,
            "{:name$}  {:>7}  {:>8}  {:>8}  {:>8}  {:>8}  {:>10}  {:>10}",
            "agent", "runs", "success", "mean", "p95", "p99", "tokens in", "tokens out"
        )?;
        for agent in agents {
            line(f, &agent.agent, name, &agent.runs)?;
            writeln!(f, "  {:>10}  {:>10}", agent.tokens.input, agent.tokens.output)?;
            for ToolSummary { tool, calls } in &agent.tools {
                line(f, &format!("  {tool}"), name, calls)?;
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, wide: usize, calls: &Calls) -> fmt::Result {
    let shown: String = name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let success = calls.success_rate.map_or_else(String::new, |rate| format!("{:.1} %", rate * 100.0));
    let [mean, p95, p99] = [calls.mean, calls.p95, calls.p99].map(duration);
    write!(f, "{shown:wide$}  {:>7}  {success:>8}  {mean:>8}  {p95:>8}  {p99:>8}", calls.finished)
}

fn duration(duration: Option<Duration>) -> String {
    duration.map_or_else(String::new, |duration| format!("{duration:.1?}"))
}

fn width(name: &str) -> usize {
    name.chars().count()
}
