import type { Route } from '../exchange.ts';
import { activityRoutes } from './activity.ts';
import { collectionRoutes } from './collections.ts';
import { commentRoutes } from './comments.ts';
import { dashRoutes } from './dash.ts';
import { dashDataRoutes } from './dash-data.ts';
import { dashJobRoutes } from './dash-jobs.ts';
import { dashV2Routes } from './dash-v2.ts';
import { deploymentRoutes } from './deployment.ts';
import { frontierRoutes } from './frontiers.ts';
import { jobDataRoutes } from './job-data.ts';
import { jobListRoutes } from './job-lists.ts';
import { jobMetadataRoutes } from './job-metadata.ts';
import { jobQueueRoutes } from './job-queue.ts';
import { projectMapRoutes } from './project-maps.ts';
import { projectRoutes } from './projects.ts';
import { reportRoutes } from './reports.ts';
import { systemRoutes } from './system.ts';

/** Every call that the emulator answers. */
export const routes: readonly Route[] = [
  ...systemRoutes,
  ...jobDataRoutes,
  ...jobQueueRoutes,
  ...jobListRoutes,
  ...jobMetadataRoutes,
  ...projectRoutes,
  ...projectMapRoutes,
  ...activityRoutes,
  ...collectionRoutes,
  ...frontierRoutes,
  ...dashRoutes,
  ...dashJobRoutes,
  ...dashDataRoutes,
  ...dashV2Routes,
  ...reportRoutes,
  ...commentRoutes,
  ...deploymentRoutes,
];
