//! The layer: what happens to a span, told to its call.

use perfmon_core::{call::SpanCall, evidence::Trace};
use tracing::{
    Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
use tracing_subscriber::{
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

use super::{
    outcome::Found,
    sites::{self, Known},
    stack,
};

/// Makes calls of spans; see the [module](super). Added to a registry with `with`.
#[derive(Debug, Clone, Default)]
#[must_use = "a layer does nothing until it is added to a subscriber"]
pub struct Layer {
    with_target: bool,
}

/// The layer. Unless the program has set a source of traces, its spans' fields are one from now on.
pub fn layer() -> Layer {
    crate::trace::suggest();
    Layer::default()
}

impl Layer {
    /// Whether a site is named after its span's target too, `my_app::orders::place` and not just `place`; by default not.
    pub fn with_target(mut self, with_target: bool) -> Self {
        self.with_target = with_target;
        self
    }
}

/// What the layer keeps with a span.
#[derive(Debug)]
struct Spanned {
    known: Option<&'static Known>,
    /// Since it was first entered.
    call: Option<SpanCall>,
    /// Bits of the names of the spans around it.
    around: u64,
    /// Whether none of them has its name.
    outermost: bool,
    failed: bool,
    trace: Option<Trace>,
}

impl Spanned {
    fn take(&mut self, found: &Found) {
        self.failed = found.failed.unwrap_or(self.failed);
        self.trace = found.trace.or(self.trace);
    }
}

impl<S> tracing_subscriber::Layer<S> for Layer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.is_span() {
            sites::find(metadata, self.with_target);
        }
        Interest::always()
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let known = sites::find(attributes.metadata(), self.with_target);
        if known.is_none() {
            sites::leave_out();
        }
        let mut spanned = Spanned { known, call: None, around: 0, outermost: true, failed: false, trace: None };
        if let Some(parent) = span.parent()
            && let Some(parent) = parent.extensions().get::<Spanned>()
        {
            spanned.trace = parent.trace;
            spanned.around = parent.around | parent.known.map_or(0, |known| known.bit);
        }
        if let Some(known) = known {
            // A look at all of them only if one may have the name.
            spanned.outermost = spanned.around & known.bit == 0 || !is_inside(&span, known.name);
            if known.has_fields {
                let mut found = Found::default();
                attributes.record(&mut found);
                spanned.take(&found);
            }
        }
        // A second layer of this sort finds the first one's.
        let mut extensions = span.extensions_mut();
        if extensions.get_mut::<Spanned>().is_none() {
            extensions.insert(spanned);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        // Showing a value runs the program's code, so nothing is locked meanwhile.
        let mut found = Found::default();
        values.record(&mut found);
        if let Some(spanned) = span.extensions_mut().get_mut::<Spanned>() {
            spanned.take(&found);
        }
        if let Some(trace) = found.trace {
            stack::learn(id, trace);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if *event.metadata().level() == Level::ERROR
            && let Some(span) = context.event_span(event)
            && let Some(spanned) = span.extensions_mut().get_mut::<Spanned>()
        {
            spanned.failed = true;
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut trace = None;
        if let Some(spanned) = span.extensions_mut().get_mut::<Spanned>() {
            trace = spanned.trace;
            match (&mut spanned.call, spanned.known.and_then(|known| known.site)) {
                (Some(call), _) => call.enter(),
                (None, Some(site)) => spanned.call = Some(SpanCall::begin(site, spanned.outermost)),
                (None, None) => {}
            }
        }
        stack::enter(id, trace);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        stack::exit(id);
        if let Some(span) = context.span(id)
            && let Some(call) = span.extensions_mut().get_mut::<Spanned>().and_then(|spanned| spanned.call.as_mut())
        {
            call.exit();
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let spanned = span.extensions_mut().remove::<Spanned>();
        if let Some(Spanned { call: Some(call), failed, trace, .. }) = spanned {
            // A slow call asks for its trace as it ends, and may be told as an event: in its own span's trace, with nothing locked.
            stack::enter(&id, trace);
            call.finish(failed);
            stack::exit(&id);
        }
    }
}

/// Whether a span around this one has this name.
fn is_inside<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>, name: &str) -> bool {
    span.scope().skip(1).any(|around| {
        let extensions = around.extensions();
        extensions.get::<Spanned>().and_then(|spanned| spanned.known).is_some_and(|known| known.name == name)
    })
}
