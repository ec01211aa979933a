/**
 * What is loaded when it is first called, by `later`: all that a program which reads jobs and lists them does not need.
 * Every function takes first what it needs of the rest, of which the files here import nothing but types.
 */
export { addActivity, listActivity } from './activity.ts';
export { openBatchWriter } from './batch-writer.ts';
export { checked } from './checked.ts';
export { countRecords, findRecord, getRecords, readParts, storeRecords, truncateCollection } from './collections.ts';
export { named } from './command-needs.ts';
export { consume } from './consume.ts';
export { openDownload } from './download.ts';
export { deleteField, storeFields } from './fields.ts';
export { fingerprintsOf } from './fingerprints.ts';
export { cancelJob, cancelJobs, purgeJob, pushJob, startNextJob, updateJob } from './job-queue.ts';
export { isOver } from './job-state.ts';
export { readLastJobs, summarizeJobs, summarizeKeys } from './job-summaries.ts';
export { readParallel } from './parallel.ts';
export { listProjects, summarizeProjects } from './projects.ts';
export { readQueue } from './read-queue.ts';
export { runAll } from './run-all.ts';
export { runJob } from './run-job.ts';
export { removeLines } from './send-lines.ts';
export { findSpider, listSpiders, listSpiderTags } from './spiders.ts';
export { changeJobsTags, changeJobTags, changeSpiderTags } from './tags.ts';
export { waitFor, waitForAll } from './wait.ts';
