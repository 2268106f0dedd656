import { startI18n } from '@jaanch/shared/i18n/start';
import { Provider } from '@jaanch/shared/ui/Provider';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queries } from './api';
import { load } from './i18n/load';
import { router } from './router';

const root = document.getElementById('root');
if (root) {
  await startI18n(load);
  createRoot(root).render(
    <StrictMode>
      <Provider queries={queries}>
        <RouterProvider router={router} />
      </Provider>
    </StrictMode>,
  );
}
