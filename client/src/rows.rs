//! Lists as streams: one page after the other is asked for when the rows of the one before are used up.

use futures_util::stream::{self, Stream, TryStreamExt};
use telemetrics_common::Endpoint;
use telemetrics_common::paging::{Page, Paged};

use crate::{Client, Error};

impl Client {
    /// The rows of a list, from the page that is given to the last one.
    ///
    /// ```no_run
    /// # async fn example(client: telemetrics_client::Client) -> Result<(), telemetrics_client::Error> {
    /// use futures_util::{StreamExt, TryStreamExt};
    /// use telemetrics_common::RecordFilter;
    /// use telemetrics_common::paging::Paged;
    ///
    /// // Two pages are asked for.
    /// let call = Paged { limit: Some(50), ..Paged::first(RecordFilter::default()) };
    /// let newest: Vec<_> = client.rows(call).take(100).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Each page's; the stream ends with it.
    pub fn rows<P>(&self, call: Paged<P>) -> impl Stream<Item = Result<<Answer<P> as Page>::Row, Error>> + '_
    where
        P: Clone + 'static,
        Paged<P>: Endpoint<Body = (), Response: Page>,
    {
        let pages = stream::try_unfold(Some(call), move |call| async move {
            let Some(call) = call else { return Ok(None) };
            let (rows, next_before) = self.call(&call).await?.into_parts();
            let next = next_before.map(|before| Paged { before: Some(before), ..call });
            Ok(Some((stream::iter(rows.into_iter().map(Ok)), next)))
        });
        pages.try_flatten()
    }
}

type Answer<P> = <Paged<P> as Endpoint>::Response;
