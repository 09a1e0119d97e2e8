//! The layer: what happens to a span, told to its call.

use perfmon_core::{call::SpanCall, evidence::Trace};
use tracing::{
    Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
use tracing_subscriber::{
    filter::{Filtered, LevelFilter},
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

#[cfg(feature = "db")]
use super::statements::{self, Said};
use super::{
    filter::Read,
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
    /// The same with a filter that lets through what it reads and no more: spans of this level and those above it, events of the level `ERROR`, and, with
    /// the feature `db`, sqlx's. What no other layer wants either then stays off, `trace!` and `debug!` of the whole program above all, and costs nothing.
    ///
    /// ```
    /// use tracing_subscriber::{filter::LevelFilter, prelude::*};
    ///
    /// tracing_subscriber::registry().with(perfmon::tracing::layer().up_to(LevelFilter::INFO)).init();
    /// assert!(tracing::enabled!(tracing::Level::ERROR) && !tracing::enabled!(tracing::Level::TRACE));
    /// ```
    #[must_use]
    pub fn up_to<S: Subscriber + for<'a> LookupSpan<'a>>(self, spans: LevelFilter) -> Filtered<Self, Read, S> {
        tracing_subscriber::Layer::with_filter(self, Read { spans })
    }

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
    /// What it says of a statement.
    #[cfg(feature = "db")]
    said: Option<Box<Said>>,
}

impl Spanned {
    fn new(known: Option<&'static Known>) -> Self {
        Self {
            known,
            call: None,
            around: 0,
            outermost: true,
            failed: false,
            trace: None,
            #[cfg(feature = "db")]
            said: None,
        }
    }

    /// The span is entered for the first time.
    fn begin(&mut self) {
        #[cfg(feature = "db")]
        if let Some(said) = &mut self.said {
            said.begin();
            self.call = Some(SpanCall::begin_unsettled());
            return;
        }
        if let Some(site) = self.known.and_then(|known| known.site) {
            self.call = Some(SpanCall::begin(site, self.outermost));
        }
    }

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
        let mut spanned = Spanned::new(known);
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
            #[cfg(feature = "db")]
            if known.has_statement {
                let mut said = Box::<Said>::default();
                attributes.record(&mut *said);
                spanned.said = Some(said);
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
        #[cfg(feature = "db")]
        if asked(&span, |_| true) {
            let mut later = Said::default();
            values.record(&mut later);
            if let Some(said) = span.extensions_mut().get_mut::<Spanned>().and_then(|spanned| spanned.said.as_mut()) {
                said.add(later);
            }
            settle(&span, false);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        #[cfg(feature = "db")]
        if statements::hear(event, |known| {
            let mut around = context.event_scope(event).into_iter().flatten();
            around.any(|span| asked(&span, |said| said.is_of(known)))
        }) {
            return;
        }
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
            match &mut spanned.call {
                Some(call) => call.enter(),
                None => spanned.begin(),
            }
        }
        #[cfg(feature = "db")]
        if asked(&span, Said::is_unsettled) {
            settle(&span, false);
        }
        stack::enter(id, trace);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        stack::exit(id);
        let Some(span) = context.span(id) else { return };
        #[cfg(feature = "db")]
        if asked(&span, Said::is_unsettled) {
            settle(&span, true);
        }
        if let Some(call) = span.extensions_mut().get_mut::<Spanned>().and_then(|spanned| spanned.call.as_mut()) {
            call.exit();
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let spanned = span.extensions_mut().remove::<Spanned>();
        #[cfg(feature = "db")]
        let spanned = spanned.map(|mut spanned| {
            if let Some(said) = spanned.said.take() {
                stack::enter(&id, spanned.trace);
                said.end(spanned.failed);
                stack::exit(&id);
            }
            spanned
        });
        if let Some(Spanned { call: Some(call), failed, trace, .. }) = spanned {
            // A slow call asks for its trace as it ends, and may be told as an event: in its own span's trace, with nothing locked.
            stack::enter(&id, trace);
            call.finish(failed);
            stack::exit(&id);
        }
    }
}

/// Gives the call of a statement its site, once it is known which. `last`: if it is not known now, it is the span's own.
#[cfg(feature = "db")]
fn settle<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>, last: bool) {
    let statement;
    if let Some(spanned) = span.extensions_mut().get_mut::<Spanned>()
        && let Some(said) = spanned.said.as_mut().filter(|said| said.is_unsettled())
    {
        statement = said.look_up();
        if statement.is_none() && !last {
            return;
        }
        said.settle();
    } else {
        return;
    }
    // Other spans are looked at with nothing locked.
    let says_so = |around: SpanRef<'a, S>| asked(&around, |said| statement.is_some_and(|known| said.is_of(known)));
    let is_inside = span.scope().skip(1).any(says_so);
    if let Some(spanned) = span.extensions_mut().get_mut::<Spanned>()
        && let Some(call) = &mut spanned.call
    {
        let own = || spanned.known.and_then(|known| known.site).map(|site| (site, spanned.outermost));
        let site = statement.map_or_else(own, |known| known.site().map(|site| (site, !is_inside)));
        site.into_iter().for_each(|(site, outermost)| call.settle(site, outermost));
    }
}

/// Asks what a span says of a statement; false if it says nothing.
#[cfg(feature = "db")]
fn asked<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>, ask: impl FnOnce(&Said) -> bool) -> bool {
    span.extensions().get::<Spanned>().and_then(|spanned| spanned.said.as_deref()).is_some_and(ask)
}

/// Whether a span around this one has this name.
fn is_inside<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>, name: &str) -> bool {
    span.scope().skip(1).any(|around| {
        let extensions = around.extensions();
        extensions.get::<Spanned>().and_then(|spanned| spanned.known).is_some_and(|known| known.name == name)
    })
}
