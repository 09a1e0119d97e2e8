//! Tokens by model, beside those by agent.

use perfmon::{
    agents::{self, ModelSummary, Usage},
    monitor_agent,
};

use crate::{outside, tokens};

fn model(provider: &str, model: &str) -> Option<ModelSummary> {
    agents::summary().models.into_iter().find(|of| of.provider == provider && of.model == model)
}

#[test]
fn what_a_model_used_is_its_own_and_its_agents() {
    #[monitor_agent("usage.asking")]
    fn ask(model: &str) {
        let usage = Usage { provider: "usage", model, input: 1_200, output: 340, cached: 1_024, reasoning: 300 };
        agents::usage(&usage);
    }
    let _turn = outside();
    ask("large");
    ask("large");
    ask("small");
    perfmon::tokens(7, 7);
    assert_eq!(tokens("usage.asking"), (3_600, 1_020));
    let large = model("usage", "large").expect("it was told of");
    assert_eq!([large.input, large.output, large.cached, large.reasoning], [2_400, 680, 2_048, 600]);
    assert_eq!(model("usage", "small").map(|small| small.input), Some(1_200));
    let shown = agents::summary().to_string();
    assert!(shown.contains("usage large") && shown.contains("reasoning"), "{shown}");
}

#[test]
fn what_nobody_can_mean_is_not_counted() {
    let _turn = outside();
    let usage = Usage { provider: "usage", model: "odd", input: u64::MAX, cached: u64::MAX, output: 5, reasoning: 0 };
    agents::usage(&usage);
    let odd = model("usage", "odd").expect("it wrote");
    assert_eq!([odd.input, odd.output, odd.cached, odd.reasoning], [0, 5, 0, 0]);
}
