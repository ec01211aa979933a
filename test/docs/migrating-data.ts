/** The key of the record that both documents store in a collection. */
export const key = '002d050ee3ff6192dcbecc4e4b4457d7';

export const record: object = { _key: key, value: '1447221694537' };

/** The statistics that both documents show of a job. */
export const stats: object = {
  'downloader/response_count': 104,
  'downloader/response_status_count/200': 104,
  finish_reason: 'finished',
  finish_time: 1447160494937,
  item_scraped_count: 50,
  'log_count/DEBUG': 157,
  'log_count/INFO': 1365,
  'log_count/WARNING': 3,
  'memusage/max': 182988800,
  'memusage/startup': 62439424,
};
