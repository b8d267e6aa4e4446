//! The card on the overview.

use boot_time_common::GetBootTime;
use leptos::prelude::*;
use telemetrics_frontend::answer::{Answer, Answered};
use telemetrics_frontend::charts::{ChartCard, Kind};
use telemetrics_frontend::components::SkeletonCards;
use telemetrics_frontend::reactive::memo;
use telemetrics_frontend::scope::Selection;

use crate::{data, page};

#[component]
pub(crate) fn BootTimeTile() -> impl IntoView {
    let answer = Answer::of(memo(|| Some(())), |()| GetBootTime::default());
    let builds = answer.memo(|(), times| data::builds(&Selection::default(), times));
    view! {
        <Answered
            progress=answer.progress
            failure="The boot times could not be loaded"
            skeleton=|| view! { <SkeletonCards spans=&[12] /> }
        >
            <ChartCard
                title="Boot time by build"
                unit=page::SECONDS
                kind=Kind::Columns
                data=builds
                empty="No machine has reported a boot."
                height=196_u32
            />
        </Answered>
    }
}
