//! A summary as people read it.

use std::{fmt, time::Duration};

use super::{Calls, ModelSummary, Summary, ToolSummary};

/// A table: a line for each agent that did anything, the tools it called below; and one of the models, if any are known.
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
        if self.models.is_empty() {
            return Ok(());
        }
        let names = self.models.iter().map(|model| width(&model.provider) + 1 + width(&model.model));
        let name = names.max().unwrap_or(0).max("model".len());
        writeln!(
            f,
            "\n{:name$}  {:>10}  {:>10}  {:>10}  {:>10}",
            "model", "tokens in", "cached", "tokens out", "reasoning"
        )?;
        for ModelSummary { provider, model, input, output, cached, reasoning } in &self.models {
            let shown = shown(&format!("{provider} {model}"));
            writeln!(f, "{shown:name$}  {input:>10}  {cached:>10}  {output:>10}  {reasoning:>10}")?;
        }
        Ok(())
    }
}

/// Without what a terminal would obey instead of show.
fn shown(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, wide: usize, calls: &Calls) -> fmt::Result {
    let shown = shown(name);
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
